"""Load and solar series of homes, read from CSV files and checked."""

from powerpact.series.csvfile import format_csv, read_csv
from powerpact.series.profiles import HOUR_S, SLOT_LENGTHS_S, Flag, Profiles
from powerpact.series.quality import find_flags, yield_kwh_per_kwp
from powerpact.series.zones import zone_named

__all__ = [
    "HOUR_S",
    "SLOT_LENGTHS_S",
    "Flag",
    "Profiles",
    "find_flags",
    "format_csv",
    "read_csv",
    "yield_kwh_per_kwp",
    "zone_named",
]
