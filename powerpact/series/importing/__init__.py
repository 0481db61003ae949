"""Tables of meters and portals as they come, turned into series that a market day takes; every change is reported."""
