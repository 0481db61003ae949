"""The whole market as a state machine: every step on the chain is told to the ghost, and both are compared.

A rule does what is allowed and expects it to work, or tries what is not and expects the typed error. `RUNS` counts how
often each rule ran, so that a run in which a rule never had its turn can fail.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from powerpact.market.schema import DeliveryRule, Sharing
from testkit.drawing import run_drawn
from testkit.market import Community, Trader
from testkit.stateful.changing import ChangingRules
from testkit.stateful.claims import GAP, KINDS, SHIFTED, claim
from testkit.stateful.ghostmarket import GhostMarket
from testkit.stateful.intruding import IntrudingRules
from testkit.stateful.lives import EDGES
from testkit.stateful.mandating import MandateRules
from testkit.stateful.misreading import MISREAD
from testkit.stateful.orders import RULES_DRAWN
from testkit.stateful.rounds import CLAIM_KINDS, RoundRules
from testkit.stateful.silence import SilenceRules
from testkit.stateful.stage import INDICES, LESS_PERCENT, MOST_PERCENT, ORDERS, PERCENTS, TRADERS
from testkit.stateful.stopping import StoppingRules
from testkit.stateful.vetoing import VetoRules
from testkit.stateful.warding import WardingRules

OPEN, CLOSED, SEALED, CONTESTED, FINAL, REPORTED, SETTLED = range(7)
"""Where a run begins."""

LATE = "after the refund time"
VETOED = "by veto"
ENDINGS = ("by the last readings", "by proofs", "sold on", "by agreement", VETOED, LATE)
"""How the trades of a run that begins behind them have ended."""


class MarketMachine(
    MandateRules, ChangingRules, StoppingRules, RoundRules, SilenceRules, VetoRules, WardingRules, IntrudingRules
):
    """All rules, a start at any stage of a market, and a rule that leads to its end."""

    @initialize(
        orders=st.lists(ORDERS, min_size=6, max_size=10),
        rules=RULES_DRAWN,
        changes_mind=st.booleans(),
        stage=st.sampled_from((OPEN, CLOSED, SEALED, CONTESTED, SETTLED) * 2 + (FINAL, REPORTED)),
        kind=st.sampled_from(KINDS[1:]),
        percents=PERCENTS,
        which=INDICES,
        stops=st.sampled_from(("", "", "retire", "decertify", "suspend", "retire late")),
        ending=st.sampled_from(ENDINGS),
    )
    def begin(self, orders, rules, changes_mind, stage, kind, percents, which, stops, ending):
        """One market with orders: open, closed, with a proposal that stands, contested, final, reported or settled.

        If somebody is stopped, it is one of those who sell, and all export more than they sold. A market that ends late
        counts both sides.
        """
        is_late = stage == SETTLED and ending == LATE
        self._open_market(**(rules | {"delivery": DeliveryRule.BOTH_SIDES} if is_late else rules))
        market = self.ghost.markets[0]
        self._place_signed(market, orders)
        if changes_mind and market.orders:
            self._cancel(market, max(market.orders))
        if stops in ("retire", "decertify"):
            self._stop(self._seller(market, which), stops == "decertify")
        if stage >= CLOSED:
            self.chain.warp(market.rules.closes_at)
            if stops == "suspend":
                self._suspend(self._seller(market, which))
            if not market.rules.endorsements:
                self._hide(market)
        if stage == SEALED:
            self._have_sealed(market, kind, which)
        if stage == CONTESTED:
            self._contest(market, which, (GAP, SHIFTED))
            if self.ghost.rewards.pots and which % 4 > 1:
                self.award(which, is_patient=True)
        if stage >= FINAL:
            self._make_final(market, which, ending)
        if stage >= REPORTED:
            if stops == "retire late":
                self.chain.warp(max(market.rules.slot_start, self.chain.now() + 1))
                self._stop(self._seller(market, which), by_auditors=False)
            self.chain.warp(max(market.market.slot_end, self.chain.now() + 1))
            silent = self._silent(market, which) if ending == LATE else which
            self._report(market, self._exports(percents, which, stops), silent)
        if stage >= SETTLED:
            self._end(market, ending, which)

    def _make_final(self, market: GhostMarket, which: int, ending: str) -> None:
        """The best matching is final, and a trade of it vetoed if that is its end."""
        self._decide(market, which)
        if ending == VETOED and market.unsettled():
            self._veto(market, which, is_enough=True)

    def _have_sealed(self, market: GhostMarket, kind: str, which: int) -> None:
        """A proposal that stands, unless it cannot; of some, what refutes them comes after the time for proposals."""
        proposal = self._propose(market, claim(market, kind, which), False)
        if market.rules.endorsements:
            self._endorse_falsely(market, proposal)
        self._seal(market, proposal)
        if market.active and which % 4 == 1:
            self.chain.warp(market.final_by + 1)
            self._watch(market, market.active, which)

    def _seller(self, market: GhostMarket, which: int) -> Trader:
        """One of those who have a sell order; anybody if there is none."""
        devices = {entry.order.device for entry in market.orders.values() if entry.is_open}
        sellers = [trader for trader in self.traders if trader.device in devices] or self.traders
        return sellers[which % len(sellers)]

    def _silent(self, market: GhostMarket, which: int) -> int:
        """A device to be silent: a meter that counts, if one does, or now and then a seller's."""
        sides = [(trade.meter, trade.device)[which % 3 == 2] for _, _, trade in market.unsettled()]
        meters = [device for device in sides if device in self._unreported(market)]
        return self._unreported(market).index(meters[0]) if meters else which

    @staticmethod
    def _exports(percents: list[int], which: int, stops: str) -> list[int]:
        """What each device exports, in percent of what it sold: of one that is stopped more, now and then all less."""
        if stops:
            return [MOST_PERCENT] * TRADERS
        return [LESS_PERCENT] * TRADERS if which % 2 else percents

    def _end(self, market: GhostMarket, ending: str, which: int) -> None:
        """End what trades of the only market can end now."""
        if ending == "by the last readings":
            for chunk in self.payable(market):
                self._settle(market, chunk)
        elif ending == "by proofs" and self.reported(market):
            self.settle_late(which, all_of_them=True)
        elif ending == "sold on":
            while self.decidable(market):
                self.decide(which)
            for k in range(len(self.idle())):
                self.issue(k)
        elif ending == LATE:
            self._end_late(market, which)
            if self.reported(market):
                self.settle_late(which, all_of_them=True)
        elif ending == VETOED and self.returned(market):
            self.certify(which)
        elif ending == "by agreement" and market.unsettled():
            self._agree(market, which)

    def _agree(self, market: GhostMarket, which: int) -> None:
        """Settle one or two trades by agreement, and certify what they delivered."""
        for _ in market.unsettled()[: 1 + which % 2]:
            self.settle_agreed(which, which % 5, (1, 2))
        if self.returned(market):
            self.certify(which)

    @rule(which=INDICES, who=st.booleans(), kind=CLAIM_KINDS, percents=PERCENTS)
    def progress(self, which, who, kind, percents):
        """What comes next for a market, so that most runs get to its end."""
        market = self.ghost.markets[which % len(self.ghost.markets)]
        drafts = [proposal for at, proposal in self.sealable() if at is market]
        if self.is_clearing(market) and not drafts and len(market.proposals) < 2:
            self._propose(market, claim(market, kind, which), who)
        elif market.active and which % 3 == 0:
            self._watch(market, market.active, which)
        elif drafts and (not market.active or which % 3 == 1):
            self._seal(market, drafts[which % len(drafts)])
        elif market.active and self.chain.now() + 1 >= market.active.final_from:
            self._finalize(market, market.active)
        elif self.is_over(market) and self._unreported(market):
            self._report(market, percents, which)
        elif self.payable(market):
            self._settle(market, min(self.payable(market)))
        else:
            self.advance()


MISORDERED = (
    "AcceptedInAdvance",
    "BelowLeastEnergy",
    "DeviceNotOwned",
    "ExpiresEarly",
    "LimitBeyondExpectation",
    "MeterMissing",
    "MeterNotZero",
    "MinAboveAsk",
    "MinFillAboveOne",
    "MinFillNotZero",
    "UnusedFieldSet",
    "WeightsSum",
    "ZeroPrice",
)

RULES = (
    "deposit",
    "withdraw",
    "open_market",
    "place_signed",
    "place",
    "cancel",
    "cancel: turn the page",
    "cancel_nonces",
    "cancel_nonces: turn the page",
    "order under a mandate",
    "order under a mandate again",
    "under a mandate: Mandate_NotDelegate",
    "under a mandate: Mandate_TooMuch",
    "under a mandate: Mandate_OtherPrice",
    "cancel by a delegate",
    "cancel under a revoked mandate",
    "revoke a mandate",
    "advance",
    *(f"propose {kind}" for kind in KINDS),
    "extend",
    "continue an order in a later chunk",
    "seal",
    "seal again",
    *(f"seal with {count} endorsements of {asked}" for asked in (0, 1, 2) for count in (asked, asked + 1)),
    *(
        f"endorse falsely: {what}"
        for what in (
            "another market",
            "another agent",
            "other trades",
            "another objective",
            "another proposal",
            "an outsider",
            "the next seat",
            "no seat",
            "too few",
            "the same one twice",
            "falling seats",
            "a list of outsiders",
            "a list reordered",
        )
    ),
    "seal refused: Clearing_ProofOnly",
    "seal refused: Clearing_NotBetter",
    "seal refused: Accounts_InsufficientBalance",
    "outrank another agent",
    "outrank what claims no certificate",
    "refute by a higher objective",
    "watch in vain",
    "challenge",
    "challenge with 0 orders that trade",
    "challenge with 1 orders that trade",
    "challenge with 2 orders that trade",
    "challenge after the time for proposals",
    "extend the time for proposals",
    "challenge what does not stand",
    "challenge falsely",
    "challenge falsely: Clearing_UnknownTrade",
    "challenge falsely: Clearing_WrongExhibit",
    "challenge falsely: Clearing_WrongSide",
    "challenge falsely: Clearing_ForeignTrade",
    "commit",
    "reveal",
    "reveal in the last second",
    "reveal refused: Refutations_NotCommitted",
    "reveal refused: Refutations_CommittedLater",
    "reveal refused: Refutations_RevealOver",
    "award to who knew first",
    "award to the challenger",
    "award refused: Refutations_RevealRuns",
    "finalize",
    "finalize what nobody watched",
    "finalize without a certificate",
    "finalize refused: draft",
    "finalize refused: outranked",
    "finalize refused: refuted",
    "finalize refused: final",
    "finalize refused: window open",
    "prove a piece",
    "prove refused",
    "prove refused: not exact",
    "prove other trades",
    "prove refused: not endorsed",
    "prove to the end",
    "prove what stands",
    "prove beside what stands",
    "clear",
    "clear refused: Satisfaction_BetterPair",
    "clear refused: Clearing_NotExact",
    "clear refused: Clearing_TooFewEndorsements",
    "report more",
    "report less",
    "report nothing",
    "report: forged",
    "report: a bad reading left out",
    "report: forged for a secure element",
    "report: a falling counter",
    "report: at a wrong time",
    "report: lists of wrong lengths",
    *(f"{function} with {what}" for function in ("settleLate", "certify") for what in MISREAD),
    "report of a stopped device",
    "stop: retired",
    "stop: decertified",
    "come_late",
    *(f"live: {before} to {after}" for before, after in EDGES),
    "live: report",
    "live: issue",
    *(f"live: Device_{error}" for error in ("AlreadyCertified", "KeyDistrusted", "NotCertified", "Retired")),
    *(f"live: Metering_{error}" for error in ("BadSignature", "KeyNotCertified", "KeyDistrusted")),
    "settle a trade of a stopped device",
    "settle a trade of a suspended seller",
    "settle",
    "settle before the round is final",
    "settle a part of a chunk",
    "settle one of several trades of a device",
    *(f"share a short export: {sharing.name}" for sharing in Sharing),
    "settle_late",
    "settle_late beside what has ended",
    "settle_agreed",
    "flag",
    "veto",
    "veto by too few",
    "veto refused: Settlement_AlreadySettled",
    "veto refused: Settlement_VetoTooLate",
    "refund",
    "refund refused: the seller has reported",
    "refund what a silent seller sold",
    "release",
    "release a part",
    "release with another trade",
    "release after no proposal",
    "release after drafts alone",
    "release after a late refutation",
    "issue",
    "issue beside what was sold",
    "certify",
    "certify beside what is certified",
    "decide",
    "decide_purchases",
    "settle by export and import",
    "settle without an import",
    "settle_late refused: Settlement_ImportMissing",
    "overreach: a meter that buys",
    "hold a lot",
    "hold a lot by too few",
    "clear a flag",
    "clear a flag by too few",
    "transfer_certificates",
    "move refused: Certificates_Held",
    "retire_certificates",
    "suspend",
    "leave",
    "exit",
    "overreach: Market_GateClosed",
    "overreach: Order_TraderNotActive",
    "overreach: a nonce used",
    "overreach: a nonce of a closed page",
    "overreach: a nonce too far ahead",
    "overreach: a cancelled sell order",
    "overreach: a posted sell order, Accounts_NonceUsed",
    "overreach: a posted sell order, Device_Undecided",
    "overreach: Accounts_InsufficientBalance",
    "overreach: Device_Undecided",
    *(f"misorder: Order_{error}" for error in MISORDERED),
    "overreach: Delivery_Undecided",
    "overreach: Delivery_Stopped",
    "overreach: Delivery_OwnerSuspended",
    "overreach: Order_DeviceUnfit",
    "intrude",
    "mint for nothing",
    "overclaim: not eligible",
    "overclaim: below the least fill",
    "overclaim: a pair twice",
    "overclaim: overfilled",
    "overclaim: used twice",
    "overclaim: dual prices too low",
    "overclaim: an order without a trade",
    "overclaim: cancelled",
)
"""What must have happened in a run that counts."""


def run_machine(
    community: Community, examples: int, steps: int, *, shrink: bool = True, derandomize: bool = False
) -> None:
    """Run the machine on a community.

    Raises
    ------
    AssertionError, ContractError
        If the chain and the ghost differ, or an invariant does not hold.
    """
    attributes = {"community": community, "start": community.chain.snapshot()}
    machine = type("MarketMachineOnChain", (MarketMachine,), attributes)
    run_drawn(machine, examples, steps, shrink=shrink, derandomize=derandomize)
