"""What a device says again of an interval: the next version of its reading, and what proves where it belongs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from powerpact.chain.client import Chain
from powerpact.chain.contracts import meters
from powerpact.chain.contracts.meters import ProvenReading, Reported, SignedReading
from powerpact.chain.transactions import Call
from powerpact.codec.devicekeys import DeviceKey, sign_by_device
from powerpact.errors import BadChoice
from powerpact.market.readings import Reading


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
        signature = sign_by_device(key, chain.domain("Metering"), "Reading", corrected.message())
        return cls(SignedReading(corrected, signature), found[start].proven, _around(found.values(), reported))

    @classmethod
    def relayed(cls, chain: Chain, signed: Sequence[SignedReading]) -> list[Correction]:
        """Versions that devices signed, of intervals that are reported; what is not is left out.

        Parameters
        ----------
        chain : Chain
            The deployment.
        signed : sequence of SignedReading
            Higher versions than those that the chain has.
        """
        since = min((each.reading.previous_start_at or each.reading.start_at for each in signed), default=0)
        devices = {each.reading.device for each in signed}
        found: dict[int, dict[int, Reported]] = {device: {} for device in devices}
        for (device, start), reported in meters.readings_since(chain, since).items():
            if device in devices:
                found[device][start] = reported
        made = []
        for each in signed:
            of_device = found[each.reading.device]
            if each.reading.start_at in of_device:
                first = of_device[each.reading.start_at]
                made.append(cls(each, first.proven, _around(of_device.values(), first.reading)))
        return made

    def call(self, chain: Chain) -> Call:
        """What is sent."""
        return meters.correct(chain, self.signed, self.reported, self.neighbours)


def _around(readings: Iterable[Reported], reported: Reading) -> tuple[ProvenReading, ...]:
    """Of a device's readings, the predecessor and the successor of one."""
    return tuple(
        each.proven
        for each in readings
        if each.reading.start_at == reported.previous_start_at or each.reading.previous_start_at == reported.start_at
    )
