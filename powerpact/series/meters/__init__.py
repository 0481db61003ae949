"""Files of meters in their own formats, turned into intervals of measured energy, and these into slots of homes."""
