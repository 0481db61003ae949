"""Readings as devices sign them (contracts/types/Readings.sol)."""

from __future__ import annotations

from typing import NamedTuple


class Reading(NamedTuple):
    """What a device measured in one delivery slot (Readings.sol): energies and lifetime counters in Wh."""

    device: int
    slot_start: int
    exported_wh: int
    imported_wh: int
    export_counter_wh: int
    import_counter_wh: int

    def message(self) -> dict[str, int]:
        """The message that the device signs."""
        return {
            "device": self.device,
            "slotStart": self.slot_start,
            "exportedWh": self.exported_wh,
            "importedWh": self.imported_wh,
            "exportCounterWh": self.export_counter_wh,
            "importCounterWh": self.import_counter_wh,
        }
