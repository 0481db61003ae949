"""From the journal to the chain: readings in batches, each once, until they are there to stay.

A pass keeps no state of its own that matters. It asks what became of transactions that are not final, asks the chain
how far each device is, and reports what comes next. A transaction that an earlier run left on its way is waited for
before that; one that vanished in a reorganisation is sent again as it was, or its readings are in another one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from powerpact.chain.client import Chain
from powerpact.chain.contracts import meters
from powerpact.chain.errors import ContractError, GasLimitExceeded
from powerpact.chain.restoring import restore
from powerpact.chain.transactions import Mined, Sender
from powerpact.devices.bridge.correcting import Corrector
from powerpact.devices.bridge.planning import Limits, Plan, plan
from powerpact.market.readingrules import LastReading
from powerpact.progress import Progress, silent
from powerpact.store.kept import Key, Waiting
from powerpact.store.readings import Readings

_NOT_YET: Final = (
    "Metering_SlotNotOver",
    "Metering_AlreadyReported",
    "Metering_SlotNotAfterLast",
    "Metering_PredecessorMissing",
    "Metering_PredecessorPassed",
    "Metering_KeyNotCertified",
)
"""Refusals of the contract that say that its state is another one than was read: the reading is looked at again."""

MOST_BATCHES: Final = 16
"""Batches in one pass; after it the chain is looked at again, and corrections go."""


class Reporter:
    """Reports what is stored.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        Who pays the gas; anyone may.
    readings : Readings
        What is stored.
    confirmations : int
        Blocks on top of a transaction's own from which on it is final.
    patience_s : float
        How long a reading waits for the one of the interval before, s.
    report : callable
        Called with what a user should know.
    """

    def __init__(
        self,
        chain: Chain,
        sender: Sender,
        readings: Readings,
        *,
        confirmations: int,
        patience_s: float,
        report: Progress = silent,
    ) -> None:
        self._chain = chain
        self._sender = sender
        self._readings = readings
        self._confirmations = confirmations
        self._patience_s = patience_s
        self._report = report
        self._most = meters.most_readings(chain)
        self._unfound: dict[Key, int] = {}
        self._corrector = Corrector(chain, sender, readings, report)

    def step(self) -> int:
        """Do what can be done now; the number of readings that were reported.

        Raises
        ------
        ChainError
            If the node or the chain is in trouble; what was done is noted, and the next pass goes on.
        """
        with self._chain.reading() as head:
            pass  # blocks that left the chain are noticed here, and with them nonces that are free again
        is_sent_again = self._settle(head.number)
        devices = self._readings.devices()
        if not devices and not is_sent_again:
            return 0
        with self._sender.turn():  # what was sent before is waited for
            return self._report_all(devices, head.number) if devices else 0

    def _settle(self, head: int) -> bool:
        """Note which transactions are final, and send again what has vanished; whether any was sent."""
        vanished = []
        for hash_ in self._readings.transactions():
            block = self._chain.block_of(hash_)
            if block is not None and head - block >= self._confirmations:
                self._readings.note_final(hash_)
            elif block is None and not self._chain.is_waiting(hash_):
                vanished.append(hash_)
        if not vanished:
            return False
        again = {outgoing.hash_text for outgoing in restore(self._sender)}
        for hash_ in vanished:
            self._report(f"transaction {hash_} is on the chain no more; its readings are reported again")
            if hash_ not in again:
                self._readings.note_vanished(hash_)
        return bool(again)

    def _report_all(self, devices: Sequence[int], head: int) -> int:
        """Report batch after batch, each on what the chain has then; the number of readings.

        The account's nonce is known before the chain is asked what it has. So what a batch continues cannot vanish and
        leave its nonce to that batch, which would be taken as one after a gap.
        """
        window_s = self._chain.deployment.parameters.correction_window_s
        count = 0
        for k in range(MOST_BATCHES):
            with self._chain.reading():
                undone = self._chain.log.undone()
            self._sender.nonces.next()
            last = meters.lasts_of(self._chain, devices)
            over_by = max(self._chain.now(), int(time.time()))
            limits = Limits(self._most, over_by, int(time.time() - self._patience_s), window_s)
            made = plan(self._readings.waiting(), last, limits)
            if k == 0:
                self._corrector.send(self._look_up(made, head))
            if made.refused:
                self._refuse(made.refused)
            if self._bring_back(made.batch, last) or self._chain.log.undone() != undone:
                break
            sent = self._send(made.batch)
            if not sent:
                break
            count += len(sent)
        return count

    def _bring_back(self, batch: Sequence[Waiting], last: dict[int, LastReading]) -> bool:
        """Whether a batch would pass over what the journal has, and the chain had: lost in a reorganisation.

        What was final is reported again then, before what comes after it; what was not, the next pass looks after.
        """
        before = {device: reading.start_at for device, reading in last.items()}
        lost = set()
        for one in batch:
            device, previous = one.signed.reading.device, one.signed.reading.previous_start_at
            if previous > before[device] and self._readings.has(device, previous):
                lost.add(device)
            before[device] = one.signed.reading.start_at
        for device in lost:
            self._readings.note_lost(device, last[device].start_at)
        if lost:
            self._report(f"the chain lost readings of {len(lost)} devices; they are reported again")
        return bool(lost)

    def _send(self, batch: list[Waiting]) -> list[Waiting]:
        """Report a batch, without those that the contract refuses by itself; what was reported."""
        while batch:
            try:
                mined = self._sender.send(meters.report(self._chain, [one.signed for one in batch]))
            except GasLimitExceeded:
                if len(batch) == 1:
                    raise
                self._most = len(batch) // 2
                batch = batch[: self._most]
            except ContractError as error:
                batch = self._without(batch, error)
            else:
                taken = self._taken(batch, mined)
                self._readings.note_reported([one.key for one in taken], mined.transaction_hash)
                self._report(f"reported {len(taken)} readings: transaction {mined.transaction_hash}")
                return taken
        return []

    def _taken(self, batch: Sequence[Waiting], mined: Mined) -> list[Waiting]:
        """What a transaction took of a batch; what it refused for good is noted."""
        left_out = {(device, start): error for device, start, error in meters.refused_in(self._chain, mined)}
        refused = [
            (one, str(left_out[one.key[:2]]))
            for one in batch
            if one.key[:2] in left_out and left_out[one.key[:2]].name not in _NOT_YET
        ]
        if refused:
            self._refuse(refused)
        return [one for one in batch if one.key[:2] not in left_out]

    def _refuse(self, refused: list[tuple[Waiting, str]]) -> None:
        """Note what the chain will not take, and say why of the first."""
        self._readings.refuse(refused)
        self._report(f"refused {len(refused)} stored readings: {refused[0][1]}")

    def _without(self, batch: Sequence[Waiting], error: ContractError) -> list[Waiting]:
        """The batch without the reading that the contract names, and without later ones of its device."""
        index = error.arguments.get("index")
        if not isinstance(index, int) or index >= len(batch):
            raise error
        bad = batch[index]
        if error.name not in _NOT_YET:
            self._readings.refuse([(bad, str(error))])
            self._report(f"refused a stored reading of device {bad.key[0]}: {error}")
        return [one for one in batch if one.key[0] != bad.key[0] or one.key[1] < bad.key[1]]

    def _look_up(self, made: Plan, head: int) -> list[Waiting]:
        """Find readings of intervals that the chain has passed: reported before a crash, by others, or too late.

        What is left are corrections: higher versions than the chain has.
        """
        keys = {one.key: one for one in made.passed}
        self._unfound = {key: since for key, since in self._unfound.items() if key in keys}
        if not keys:
            return []
        found = meters.versions_in(self._chain, {key[:2] for key in keys})
        highest: dict[tuple[int, int], int] = {}
        for device, start, version in found:
            highest[device, start] = max(version, highest.get((device, start), 0))
        reported: dict[str, list[Key]] = {}
        refused: list[tuple[Waiting, str]] = []
        corrections = []
        for key, one in keys.items():
            if key[:2] not in highest:
                is_second_look = key in self._unfound
                since = self._unfound.setdefault(key, head)
                if is_second_look and head - since >= self._confirmations:  # else the later reading may vanish again
                    refused.append((one, "it came after the chain had taken a later interval of its device"))
            elif key in found and found[key][0] == one.signed.reading:
                reported.setdefault(found[key][1], []).append(key)
            elif key in found:
                refused.append((one, "the chain has another reading of this device, interval and version"))
            elif one.signed.reading.version < highest[key[:2]]:
                refused.append((one, f"the chain has version {highest[key[:2]]} of this device and interval"))
            else:
                corrections.append(one)
        for hash_, those in reported.items():
            self._readings.note_reported(those, hash_)
        if refused:
            self._refuse(refused)
        return corrections
