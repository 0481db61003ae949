"""What series may have: lengths of time, and the largest values."""

from __future__ import annotations

from typing import Final

HOUR_S: Final = 3_600
"""An hour, seconds: the usual delivery slot."""

DAY_S: Final = 24 * HOUR_S

SLOT_LENGTHS_S: Final = (900, 1_800, HOUR_S)
"""Lengths of a slot, seconds."""

MAX_TIME_S: Final = 2**40 - 1
"""Largest time, Unix seconds."""

MAX_SLOT_WH: Final = 10**9
"""Largest energy of one home in one slot, Wh: 1 GWh. More is taken for a wrong unit."""

MAX_FILE_BYTES: Final = 2**25
"""Largest file of a meter, bytes."""

MAX_SLOTS: Final = 2**19
"""Most slots of a series that is read from meters' files: 15 years of quarter-hours. More is taken for a wrong time."""

MAX_NAME: Final = 40
"""Longest name of a home, characters."""


def is_name(text: str) -> bool:
    """Whether a home can have this name."""
    return 0 < len(text) <= MAX_NAME and text.isprintable()
