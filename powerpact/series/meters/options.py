"""What a user can say about a meter's file."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """A format."""

    DSMR = "dsmr"
    OCMF = "ocmf"
    SML = "sml"
    GREEN_BUTTON = "green-button"
    EDA = "eda"
