"""The power table: who can change what, as data, and a market day on which everyone tries everything."""
