"""A meter: its key, its lifetime counters, and the readings that it signs."""

from __future__ import annotations

from powerpact.chain.client import Chain
from powerpact.chain.contracts import meters
from powerpact.chain.contracts.devicechanges import openings
from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.devicekeys import DeviceKey, sign_by_device
from powerpact.market.readings import Reading


class Meter:
    """A device that measures slot after slot and signs what it measured.

    Parameters
    ----------
    chain : Chain
        The deployment that it reports to.
    key : LocalAccount or P256Key
        The device's own key.
    device : int
        Its id in the registry.
    export_counter_wh, import_counter_wh : int
        Lifetime counters, Wh; they only rise.
    last_start : int
        Start of the last interval that it measured, Unix seconds; 0 if there was none.
    """

    def __init__(
        self,
        chain: Chain,
        key: DeviceKey,
        device: int,
        *,
        export_counter_wh: int = 0,
        import_counter_wh: int = 0,
        last_start: int = 0,
    ) -> None:
        self.key = key
        self.device = device
        self.export_counter_wh = export_counter_wh
        self.import_counter_wh = import_counter_wh
        self.last_start = last_start
        self._before = 0
        self._domain = chain.domain("Metering")
        self._length_s = chain.deployment.parameters.base_interval_s

    @classmethod
    def resumed(cls, chain: Chain, key: DeviceKey, device: int) -> Meter:
        """A meter that continues from its last reading on the chain, or from what it began with in another's place."""
        start, export_wh, import_wh = meters.last_of(chain, device)
        for opening in openings(chain, key.address).get(device, ()):
            if start < opening.from_at:
                export_wh, import_wh = opening.export_counter_wh, opening.import_counter_wh
        return cls(chain, key, device, export_counter_wh=export_wh, import_counter_wh=import_wh, last_start=start)

    def resume(self, last: Reading) -> None:
        """Continue from a reading that it signed."""
        self.export_counter_wh, self.import_counter_wh = last.export_counter_wh, last.import_counter_wh
        self.last_start = last.start_at

    def measure(self, slot_start: int, exported_wh: int, imported_wh: int) -> SignedReading:
        """Count the energy of a slot and sign the reading.

        Parameters
        ----------
        slot_start : int
            Start of the slot, Unix seconds.
        exported_wh, imported_wh : int
            Energy fed into and drawn from the network during the slot, Wh.
        """
        self.export_counter_wh += exported_wh
        self.import_counter_wh += imported_wh
        if slot_start > self.last_start:  # else it measures the interval once more
            self._before, self.last_start = self.last_start, slot_start
        reading = Reading.measured(
            self.device,
            slot_start,
            self._length_s,
            exported_wh=exported_wh,
            imported_wh=imported_wh,
            export_counter_wh=self.export_counter_wh,
            import_counter_wh=self.import_counter_wh,
            previous_start_at=self._before,
        )
        return SignedReading(reading, sign_by_device(self.key, self._domain, "Reading", reading.message()))
