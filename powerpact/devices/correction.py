"""What a device says again of an interval: the next version of its reading, and what proves where it belongs."""

from __future__ import annotations

from dataclasses import dataclass

from powerpact.chain.client import Chain
from powerpact.chain.contracts import meters
from powerpact.chain.contracts.meters import ProvenReading, SignedReading
from powerpact.chain.transactions import Call
from powerpact.codec.devicekeys import DeviceKey, sign_by_device
from powerpact.errors import BadChoice


@dataclass(frozen=True, slots=True)
class Correction:
    """A correction that is ready to be sent.

    Attributes
    ----------
    signed : SignedReading
        The next version.
    reported : ProvenReading
        The reading of the interval that was reported first.
    neighbours : tuple of ProvenReading
        Those of its predecessor and successor, as far as there are any.
    """

    signed: SignedReading
    reported: ProvenReading
    neighbours: tuple[ProvenReading, ...]

    @classmethod
    def planned(
        cls, chain: Chain, key: DeviceKey, device: int, start: int, exported_wh: int, imported_wh: int
    ) -> Correction:
        """The next version of an interval: measured, with the counters that it began with.

        Parameters
        ----------
        chain : Chain
            The deployment.
        key : DeviceKey
            The device's key of the interval.
        device, start : int
            Whose interval; its start, Unix seconds.
        exported_wh, imported_wh : int
            What was measured, Wh.

        Raises
        ------
        BadChoice
            If nothing is reported of the interval.
        """
        found = {at: each for (id_, at), each in meters.readings_since(chain).items() if id_ == device}
        if start not in found:
            problem = f"is no interval of which device {device} has reported a reading"
            raise BadChoice("slot", str(start), problem, remedy="Report it first: `powerpact meter report`.")
        reported = found[start].reading
        corrections = meters.corrections_in(chain).get((device, start), [])
        last = corrections[-1] if corrections else reported
        corrected = last.corrected(exported_wh, imported_wh)
        around = [
            each.proven
            for each in found.values()
            if each.reading.start_at == reported.previous_start_at or each.reading.previous_start_at == start
        ]
        signature = sign_by_device(key, chain.domain("Metering"), "Reading", corrected.message())
        return cls(SignedReading(corrected, signature), found[start].proven, tuple(around))

    def call(self, chain: Chain) -> Call:
        """What is sent."""
        return meters.correct(chain, self.signed, self.reported, self.neighbours)
