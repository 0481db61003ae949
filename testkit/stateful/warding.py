"""Rules of auditors about certificates: slots that are flagged, lots that are held, and flags that are cleared."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from powerpact.chain.deployment import HOLD_TIME_S
from powerpact.market.schema import DeviceKind
from testkit.invariants import holds
from testkit.market import Trader, key
from testkit.stateful.checks import Checks
from testkit.stateful.lots import Lot, hour_from, lot_id
from testkit.stateful.stage import INDICES, RUNS, refused

SUBNET = 1
"""That of all devices."""

Flagged = tuple[int, int, list[int], bytes]
"""A flag as the contract takes it."""


class WardingRules(Checks):
    """Flag slots, so that lots are held; clear flags."""

    def __init__(self) -> None:
        super().__init__()
        self._flags: list[tuple[Lot, Flagged]] = []
        self._exchange = 0
        self._papers = 0

    @precondition(lambda self: self._free_holdings() and self._makers())
    @rule(which=INDICES, is_enough=st.booleans(), is_cleared=st.booleans())
    def hold_lot(self, which, is_enough, is_cleared):
        """A lot that somebody has, by as many auditors as decide or one less. Nothing else changes."""
        if not self._exchange:
            self._form()
        choices = self._free_holdings()
        lot, holder, _ = choices[which % len(choices)]
        first, second, third = self.community.auditors
        flagged: Flagged = (SUBNET, hour_from(lot[1]).pack(), [lot_id(*lot)], self._paper())
        other: Flagged = (*flagged[:3], self._paper())
        before = self.everything()
        with refused("Subnet_NotAuditor"):
            self._subnets(holder.account, "flag", flagged)
        self._subnets(first, "flag", flagged)
        with refused("Subnet_AlreadyVoted"):
            self._subnets(first, "flag", flagged)
        self._subnets(third, "flag", other)
        holds("GRN-4", self._held_until(lot) == 0, f"lot {lot} is held by one vote for each evidence")
        if not is_enough:
            RUNS["hold a lot by too few"] += 1
            return
        self._subnets(second, "flag", flagged)
        self.ghost.held_until[lot] = self.chain.now() + HOLD_TIME_S
        self._flags.append((lot, flagged))
        holds("REG-1", self.everything() == before, f"after lot {lot} was held")
        with refused("Certificates_HeldBefore"):
            self._subnets(second, "flag", other)
        self._refuse_held(lot, holder)
        self._end_by_time(lot, holder)
        RUNS["hold a lot"] += 1
        if is_cleared:
            self._lift(len(self._flags) - 1, is_enough=False)
            self._lift(len(self._flags) - 1, is_enough=True)

    @precondition(lambda self: self._flags)
    @rule(which=INDICES, is_enough=st.booleans())
    def clear_flag(self, which, is_enough):
        """By as many auditors as decide, or one less."""
        self._lift(which % len(self._flags), is_enough=is_enough)

    def _lift(self, place: int, *, is_enough: bool) -> None:
        lot, flagged = self._flags[place]
        first, second, _ = self.community.auditors
        finding = self._paper()
        if self.chain.now() + 4 >= self.ghost.held_until[lot]:
            return
        self._subnets(first, "clear", flagged, finding)
        with refused("Subnet_AlreadyVoted"):
            self._subnets(first, "clear", flagged, finding)
        holds("GRN-4", self._held_until(lot) == self.ghost.held_until[lot], f"lot {lot} is freed by one vote")
        if not is_enough:
            RUNS["clear a flag by too few"] += 1
            return
        self._subnets(second, "clear", flagged, finding)
        self.ghost.held_until[lot] = self.chain.now()
        with refused("Subnet_HoldOver"):
            self._subnets(first, "clear", flagged, finding)
        del self._flags[place]
        for held, holder, _ in self.holdings():
            if held == lot:
                point = self.chain.snapshot()
                self._move(lot, holder)
                self.chain.undo(point)
        RUNS["clear a flag"] += 1

    def _subnets(self, sender: Any, function: str, *arguments: object) -> None:
        self.community.send(sender, "Subnets", function, *arguments)

    def _paper(self) -> bytes:
        """Hash of another evidence or finding."""
        self._papers += 1
        return self._papers.to_bytes(32, "big")

    def _free_holdings(self) -> list[tuple[Lot, Trader, int]]:
        """Certificates of lots that were never held."""
        return [holding for holding in self.holdings() if holding[0] not in self.ghost.held_until]

    def _makers(self) -> list[Trader]:
        """Who can bind an exchange."""
        return [trader for trader in self.traders if self.ghost.may_trade(trader, self.chain.now() + 1)]

    def _form(self) -> None:
        """A subnet of all devices, with an exchange of its own."""
        community, maker = self.community, self._makers()[0]
        self._exchange = community.bind(maker.account, key("an exchange"), kind=DeviceKind.EXCHANGE)
        for auditor in community.auditors[: community.threshold]:
            self._subnets(auditor, "form", SUBNET, 0, (0, self._exchange, 20_000, 50))

    def _held_until(self, lot: Lot) -> int:
        return int(self.community.read("GreenCertificates", "heldUntil", lot_id(*lot)))

    def _refuse_held(self, lot: Lot, holder: Trader) -> None:
        """Its holder neither moves nor retires a lot that is held."""
        until = self.ghost.held_until[lot]
        with refused("Certificates_Held", id=lot_id(*lot), until=until):
            self._move(lot, holder)
        with refused("Certificates_Held", id=lot_id(*lot), until=until):
            self.community.send(holder.account, "GreenCertificates", "retire", lot_id(*lot), 1, holder.address, "")
        with refused("Certificates_Held", id=lot_id(*lot), until=until):
            arguments = holder.address, holder.address, [lot_id(*lot)], [1], b""
            self.community.send(holder.account, "GreenCertificates", "safeBatchTransferFrom", *arguments)

    def _end_by_time(self, lot: Lot, holder: Trader) -> None:
        """The hold ends by itself. That time is gone through, and back."""
        point = self.chain.snapshot()
        self.chain.warp(self.ghost.held_until[lot])
        self._move(lot, holder)
        self.chain.undo(point)

    def _move(self, lot: Lot, holder: Trader) -> None:
        """One Wh of a holder's, to itself."""
        arguments = holder.address, holder.address, lot_id(*lot), 1, b""
        self.community.send(holder.account, "GreenCertificates", "safeTransferFrom", *arguments)
