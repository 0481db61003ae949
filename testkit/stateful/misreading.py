"""Readings that the contracts must refuse: forged, ill-timed, of others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from powerpact.codec.devicekeys import P256Key
from testkit.market import SLOT_LENGTH_S, Proven
from testkit.stateful.checks import Checks
from testkit.stateful.ghostmarket import GhostMarket, Position
from testkit.stateful.stage import RUNS, refused

MAX_READINGS = 256
EARLIER_WH = 9
MISREAD = ("no reading", "another reading", "another device's reading", "another slot's reading")
"""What is shown in place of a trade's reading."""


@dataclass(frozen=True, slots=True)
class Impostor(P256Key):
    """Signs with a key of its own, and states the public key of another."""

    victim: P256Key

    def sign_digest(self, digest: bytes) -> bytes:
        """The signature of the one with the key of the other."""
        return P256Key.sign_digest(self, digest)[:64] + self.victim.sign_digest(digest)[64:]


class MisreadingRules(Checks):
    """Try what no meter has measured."""

    def _misreport(self, market: GhostMarket, exported: dict[int, int], which: int) -> None:
        """Readings that others sign, the owner among them, counters that fall, and wrong times."""
        device = sorted(exported)[which % len(exported)]
        owner = next(trader for trader in self.traders if trader.device == device)
        others = [trader.meter for trader in self.traders if trader is not owner]
        with refused("Metering_BadSignature"):
            forger = [owner.account, self.community.agent, *others][which % 5]
            market.market.report({device: exported[device]}, signers={device: forger})
        RUNS["report: forged"] += 1
        if isinstance(owner.meter, P256Key):
            with refused("Metering_BadSignature"):
                impostor = Impostor(bytes([7] * 32), owner.meter)
                market.market.report({device: exported[device]}, signers={device: impostor})
            RUNS["report: forged for a secure element"] += 1
        if self.community.counters[device].exported_wh:
            with refused("Metering_CounterFell"):
                market.market.report({device: exported[device]}, falls_wh={device: 1})
            RUNS["report: a falling counter"] += 1
        with refused("Metering_SlotMisaligned"):
            market.market.report(exported, start=market.rules.slot_start - 1)
        with refused("Metering_SlotNotOver"):
            market.market.report(exported, start=self.chain.now() // SLOT_LENGTH_S * SLOT_LENGTH_S, waits=False)
        RUNS["report: at a wrong time"] += 1
        for readings, signatures, error in (
            (0, 0, "Metering_EmptyBatch"),
            (1, 2, "Metering_LengthMismatch"),
            (MAX_READINGS, MAX_READINGS, "Metering_LengthNotBase"),
            (MAX_READINGS + 1, MAX_READINGS + 1, "Metering_BatchTooLarge"),
        ):
            with refused(error):
                lists = [(0, 0)] * readings, [b""] * signatures
                self.community.send(self.watcher, "Metering", "report", *lists)
        RUNS["report: lists of wrong lengths"] += 1
        if device in self.ghost.stops.devices:
            RUNS["report of a stopped device"] += 1

    def _report_earlier(self, market: GhostMarket, devices: list[int]) -> None:
        """What devices measured before the slot of a market; nobody traded it."""
        start = market.rules.slot_start - SLOT_LENGTH_S
        new = [device for device in devices if self.last_slots()[device] < start]
        if not new:
            return
        market.market.report(dict.fromkeys(new, EARLIER_WH), start=start)
        for device in new:
            self.ghost.exported_wh[device, start] = EARLIER_WH
            self.ghost.earlier[device, market.rules.slot_start] = market.market.measured.pop(device)

    def _with_other_readings(self, market: GhostMarket, position: Position, function: str) -> None:
        """A trade of the final round is shown with what is not its reading."""
        driver = market.about_final()
        traded, (exported, imported) = driver.delivery(*position)
        for what, proven, error in self._other_readings(market, driver.chunks[position[0]][position[1]].device):
            with refused(error):
                self.community.send(self.watcher, "Settlement", function, driver.id, [(traded, (proven, imported))])
            RUNS[f"{function} with {what}"] += 1
        if function == "settleLate" and not market.is_both_sides:
            with refused("Settlement_ImportNotCounted"):
                self.community.send(self.watcher, "Settlement", function, driver.id, [(traded, (exported, exported))])

    def _other_readings(self, market: GhostMarket, device: int) -> Iterator[tuple[str, list[Proven], str]]:
        """In place of a device's reading of a market's slot, with what is wrong with it."""
        ((reading, proof),) = market.market.measured[device]
        none, altered, of_others, of_slots = MISREAD
        yield none, [], "Metering_NotWhole"
        yield altered, [(type(reading)(reading[0], reading[1] ^ 1), proof)], "Metering_UnknownReading"
        for other, proven in market.market.measured.items():
            if other != device and proven:
                yield of_others, proven, "Metering_WrongReading"
        if earlier := self.ghost.earlier.get((device, market.rules.slot_start)):
            yield of_slots, earlier, "Metering_WrongReading"
