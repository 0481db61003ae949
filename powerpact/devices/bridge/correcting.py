"""Corrections on their way to the chain: higher versions of readings that it has, in the window of their interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from powerpact.chain.client import Chain
from powerpact.chain.contracts.meters import SignedReading
from powerpact.chain.errors import ContractError
from powerpact.chain.transactions import Call, Sender
from powerpact.devices.correction import Correction
from powerpact.devices.errors import CorrectionTooLate
from powerpact.progress import Progress, silent
from powerpact.store.kept import Key, Waiting
from powerpact.store.readings import Readings

MOST_AT_ONCE: Final = 32
"""Corrections that are on their way at the same time, each in a transaction of its own."""

_NOT_YET: Final = (
    "Correction_CounterOverlaps",
    "Correction_VersionNotHigher",
    "Metering_CounterFell",
    "Metering_KeyNotCertified",
    "Metering_UnknownReading",
)
"""Refusals that another correction, a certification or a look at the chain can end: it is tried again in its window."""


class Corrector:
    """Sends corrections, one of a device at a time.

    So versions of an interval are mined in their order, and a correction that shifts the counters of its neighbours
    goes once theirs are there.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        Who pays the gas; anyone may.
    readings : Readings
        Where they are stored.
    report : callable
        Called with what a user should know.
    """

    def __init__(self, chain: Chain, sender: Sender, readings: Readings, report: Progress = silent) -> None:
        self._chain = chain
        self._sender = sender
        self._readings = readings
        self._report = report
        self._told: dict[Key, str] = {}

    def send(self, waiting: Sequence[Waiting]) -> None:
        """Send what can be sent now; refuse what comes too late, or is refused whatever comes.

        Parameters
        ----------
        waiting : sequence of Waiting
            Versions above those that the chain has, earliest intervals and lowest versions first.

        Raises
        ------
        ChainError
            If the node or the chain is in trouble.
        """
        self._told = {one.key: self._told[one.key] for one in waiting if one.key in self._told}
        now = self._chain.now()
        late = [(one, str(self._too_late(one))) for one in waiting if self._final_from(one) <= now]
        if late:
            self._readings.refuse(late)
            self._report(f"refused {len(late)} corrections: {late[0][1]}")
        ready = self._ready({one.signed: one for one in waiting if self._final_from(one) > now})
        if not ready:
            return
        try:
            mined = self._sender.send_all([call for _, call in ready])
        except ContractError as error:  # somebody else was first: what became of the others is looked up
            self._report(f"a correction was refused: {error}")
            return
        for (one, _), sent in zip(ready, mined, strict=True):
            self._readings.note_reported([one.key], sent.transaction_hash)
        self._report(f"reported {len(ready)} corrections")

    def _ready(self, waiting: dict[SignedReading, Waiting]) -> list[tuple[Waiting, Call]]:
        """Of each device the first correction that the contract takes now, estimated."""
        ready: list[tuple[Waiting, Call]] = []
        chosen = set[int]()
        for correction in Correction.relayed(self._chain, list(waiting)):
            one = waiting[correction.signed]
            device = one.signed.reading.device
            if device in chosen:
                continue
            call = correction.call(self._chain)
            try:
                ready.append((one, replace(call, estimated_gas=self._sender.estimate(call))))
                chosen.add(device)
            except ContractError as error:
                self._look_at(one, error)
            if len(ready) == MOST_AT_ONCE:
                break
        return ready

    def _look_at(self, one: Waiting, error: ContractError) -> None:
        """Refuse a correction that the contract refuses, unless it may take it later."""
        if error.name == "Correction_TooLate":
            self._readings.refuse([(one, str(self._too_late(one)))])
        elif error.name not in _NOT_YET:
            self._readings.refuse([(one, str(error))])
        elif self._told.get(one.key) == str(error):
            return
        else:
            self._told[one.key] = str(error)
        self._report(f"a correction of device {one.key[0]} is not taken: {error}")

    def _too_late(self, one: Waiting) -> CorrectionTooLate:
        return CorrectionTooLate(*one.key, self._final_from(one))

    def _final_from(self, one: Waiting) -> int:
        """From when on the reading of the interval is final, Unix seconds."""
        reading = one.signed.reading
        return reading.start_at + reading.length_s + self._chain.deployment.parameters.correction_window_s
