"""Readings as devices sign them (contracts/types/Readings.sol).

A reading is two words. From the most significant bit down:

===== ==========================================================================================
head  zero 47, gap 1, last start 40 (Unix seconds), version 16, quality 8, length 32 (s), previous
      start 40 (Unix seconds), device 32, start 40 (Unix seconds)
flows exported 64, imported 64, export counter 64, import counter 64 (Wh)
===== ==========================================================================================

The device signs the lower 168 bits of the head, and the flows; gap and last start are what the contract adds when it
takes a reading after a gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

_GAP: Final = 1 << 208


class Quality(IntEnum):
    """How the energy of an interval is known. Only what is `MEASURED` is paid and certified."""

    MEASURED = 1
    SUBSTITUTED = 2
    ESTIMATED = 3


class PackedReading(NamedTuple):
    """The two words of a reading."""

    head: int
    flows: int


class Reading(NamedTuple):
    """What a device measured in one interval (Readings.sol): times in Unix seconds, energies and counters in Wh.

    `previous_start_at` is the interval that the device measured before, 0 if there was none. `version` counts what the
    device said of the interval, from 1. `gap_after` is not the device's: of a reading that the chain took after a gap,
    it is the start of the device's last interval before the gap, 0 if there was none; else None.
    """

    device: int
    start_at: int
    length_s: int
    previous_start_at: int
    exported_wh: int
    imported_wh: int
    export_counter_wh: int
    import_counter_wh: int
    quality: int = Quality.MEASURED
    version: int = 1
    gap_after: int | None = None

    @classmethod
    def measured(
        cls,
        device: int,
        start_at: int,
        length_s: int,
        *,
        exported_wh: int,
        imported_wh: int,
        export_counter_wh: int,
        import_counter_wh: int,
        previous_start_at: int = 0,
    ) -> Reading:
        """The first version of a measured interval.

        Parameters
        ----------
        device : int
            The device's id in the registry.
        start_at : int
            Start of the interval, Unix seconds.
        length_s : int
            Length of the interval, seconds.
        exported_wh, imported_wh : int
            Energy fed into and drawn from the network during the interval, Wh.
        export_counter_wh, import_counter_wh : int
            Lifetime counters at the end of the interval, Wh.
        previous_start_at : int
            Start of the interval that the device measured before, Unix seconds; 0 if this is its first.

        Examples
        --------
        >>> reading = Reading.measured(
        ...     7, 7_200, 3_600, exported_wh=500, imported_wh=0, export_counter_wh=900, import_counter_wh=40
        ... )
        >>> reading.previous_start_at, reading.quality, reading.version
        (0, <Quality.MEASURED: 1>, 1)
        """
        return cls(
            device=device,
            start_at=start_at,
            length_s=length_s,
            previous_start_at=previous_start_at,
            exported_wh=exported_wh,
            imported_wh=imported_wh,
            export_counter_wh=export_counter_wh,
            import_counter_wh=import_counter_wh,
        )

    @property
    def last_start(self) -> int:
        """Start of the interval before it on the chain, with none between them; 0 if there is none."""
        return self.previous_start_at if self.gap_after is None else self.gap_after

    @property
    def signed(self) -> Reading:
        """The reading as its device signed it."""
        return self._replace(gap_after=None)

    def corrected(self, exported_wh: int, imported_wh: int) -> Reading:
        """The next version of the interval, as its device signs it: measured, with the counters that it began with.

        Parameters
        ----------
        exported_wh, imported_wh : int
            What was measured, Wh.

        Examples
        --------
        >>> reading = Reading.measured(
        ...     7, 7_200, 3_600, exported_wh=500, imported_wh=0, export_counter_wh=900, import_counter_wh=40
        ... )
        >>> again = reading.corrected(450, 10)
        >>> again.version, again.export_counter_wh, again.import_counter_wh
        (2, 850, 50)
        """
        return self.signed._replace(
            exported_wh=exported_wh,
            imported_wh=imported_wh,
            export_counter_wh=self.export_counter_wh - self.exported_wh + exported_wh,
            import_counter_wh=self.import_counter_wh - self.imported_wh + imported_wh,
            quality=Quality.MEASURED,
            version=self.version + 1,
        )

    def pack(self) -> PackedReading:
        """The two words."""
        return PackedReading(
            (0 if self.gap_after is None else _GAP | self.gap_after << 168)
            | self.version << 152
            | self.quality << 144
            | self.length_s << 112
            | self.previous_start_at << 72
            | self.device << 40
            | self.start_at,
            self.exported_wh << 192 | self.imported_wh << 128 | self.export_counter_wh << 64 | self.import_counter_wh,
        )

    @classmethod
    def unpack(cls, packed: Sequence[int]) -> Reading:
        """The fields of two words."""
        head, flows = packed
        return cls(
            device=head >> 40 & (1 << 32) - 1,
            start_at=head & (1 << 40) - 1,
            length_s=head >> 112 & (1 << 32) - 1,
            previous_start_at=head >> 72 & (1 << 40) - 1,
            exported_wh=flows >> 192,
            imported_wh=flows >> 128 & (1 << 64) - 1,
            export_counter_wh=flows >> 64 & (1 << 64) - 1,
            import_counter_wh=flows & (1 << 64) - 1,
            quality=head >> 144 & (1 << 8) - 1,
            version=head >> 152 & (1 << 16) - 1,
            gap_after=head >> 168 & (1 << 40) - 1 if head & _GAP else None,
        )

    def message(self) -> dict[str, int]:
        """The message that the device signs."""
        return {
            "device": self.device,
            "startAt": self.start_at,
            "lengthSeconds": self.length_s,
            "previousStartAt": self.previous_start_at,
            "exportedWh": self.exported_wh,
            "importedWh": self.imported_wh,
            "exportCounterWh": self.export_counter_wh,
            "importCounterWh": self.import_counter_wh,
            "quality": self.quality,
            "version": self.version,
        }
