"""Delivery slots as the contracts write them (contracts/types/Slots.sol)."""

from __future__ import annotations

from typing import NamedTuple


class Slot(NamedTuple):
    """A time in which energy is delivered.

    Attributes
    ----------
    start : int
        Unix seconds, a multiple of the length.
    length_s : int
        A multiple of the deployment's base interval that divides its longest slot, s.
    """

    start: int
    length_s: int

    @property
    def end(self) -> int:
        """Unix seconds."""
        return self.start + self.length_s

    def intervals(self, base_interval_s: int) -> range:
        """Starts of the base intervals in it, Unix seconds.

        Examples
        --------
        >>> list(Slot(3_600, 1_800).intervals(900))
        [3600, 4500]
        """
        return range(self.start, self.end, base_interval_s)

    def pack(self) -> int:
        """The slot as a number: length 32 | start 40.

        Examples
        --------
        >>> Slot.unpack(Slot(3_600, 900).pack())
        Slot(start=3600, length_s=900)
        """
        return self.length_s << 40 | self.start

    @classmethod
    def unpack(cls, packed: int) -> Slot:
        """The slot that `pack` wrote."""
        return cls(packed & (1 << 40) - 1, packed >> 40)
