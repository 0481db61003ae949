"""Load and solar series of real communities: the one that the package carries, and yours from a CSV file."""

from powerpact.series.csvfile import read_csv
from powerpact.series.profiles import SLOT_S, SLOTS_PER_DAY, Flag, Profiles
from powerpact.series.quality import find_flags, yield_kwh_per_kwp
from powerpact.simulation.data.citylearn import load_citylearn

__all__ = [
    "SLOTS_PER_DAY",
    "SLOT_S",
    "Flag",
    "Profiles",
    "find_flags",
    "load_citylearn",
    "read_csv",
    "yield_kwh_per_kwp",
]
