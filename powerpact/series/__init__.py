"""Load and solar series of homes, read from CSV files and checked."""

from powerpact.series.csvfile import read_csv
from powerpact.series.profiles import SLOT_S, SLOTS_PER_DAY, Flag, Profiles
from powerpact.series.quality import find_flags, yield_kwh_per_kwp

__all__ = [
    "SLOTS_PER_DAY",
    "SLOT_S",
    "Flag",
    "Profiles",
    "find_flags",
    "read_csv",
    "yield_kwh_per_kwp",
]
