"""Load and solar series of homes, read from CSV files and checked.

Nothing is imported here: the command line needs the zones and lengths at each start, and no arrays.
"""
