"""Drawing up a statement from the chain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.index.ledger import Entry, history_of
from powerpact.index.membership import REGISTRY, persons
from powerpact.index.outcomes import RoundState, TradeOutcome, state_of
from powerpact.market.wording import moment
from powerpact.statements.deliveries import Deliveries, deliveries_in
from powerpact.statements.identities import CERTIFICATE_SIGNS, check_holdings
from powerpact.statements.model import Movement, Period, Statement

_STRANGER = "the account is no member's"


def draw_up(chain: Chain, account: ChecksumAddress, period: Period) -> Statement:
    """What happened to a person in a period, with every figure that can be recomputed compared with the chain.

    Parameters
    ----------
    chain : Chain
        The deployment.
    account : ChecksumAddress
        One of the person's accounts.
    period : Period
        The time.

    Raises
    ------
    StatementDisagrees
        If a trade was not paid as its readings and the market's rules say, or if the points or certificates of the
        accounts are not what their history adds up to.
    """
    with chain.reading(state_too=True) as view:
        person, accounts = person_of(chain, account)
        found = deliveries_in(chain, period, accounts)
        history = [(whose, entry) for whose in accounts for entry in history_of(chain, whose)]
        check_holdings(chain, accounts, [entry for _, entry in history])
        return Statement(
            number=0,
            person=person,
            accounts=accounts,
            period=period,
            drawn_up_at=chain.now(),
            block=view.number,
            chain_id=chain.deployment.chain_id,
            registry=chain.address(REGISTRY),
            measured=found.measured,
            trades=found.trades,
            movements=tuple(_movements(history, period)),
            opening_upoints=sum(entry.change_upoints for _, entry in history if entry.time_s < period.since),
            pending=tuple(pending(chain, period, found, accounts)) if person else (_STRANGER,),
        )


def person_of(chain: Chain, account: ChecksumAddress) -> tuple[int, tuple[ChecksumAddress, ...]]:
    """The member's number, 0 if the account is no member's, and all accounts of that person, in their order."""
    known = persons(chain.events(REGISTRY, "Admitted", "Linked"))
    person = known.get(account, 0)
    others = (other for other, whose in known.items() if person and whose == person)
    return person, tuple(sorted({account, *others}))


def _movements(history: Iterable[tuple[str, Entry]], period: Period) -> list[Movement]:
    """Changes of points and certificates that were booked in the period, oldest first."""
    booked = [
        Movement(
            time_s=entry.time_s,
            kind=entry.kind.value,
            account=account,
            other=entry.other or "",
            change_upoints=entry.change_upoints,
            energy_wh=entry.energy_wh,
            detail=entry.detail,
            transaction=entry.transaction_hash,
        )
        for account, entry in history
        if period.has(entry.time_s) and (entry.change_upoints or entry.kind in CERTIFICATE_SIGNS)
    ]
    return sorted(booked, key=lambda movement: movement.time_s)


def pending(chain: Chain, period: Period, found: Deliveries, accounts: Collection[str] | None = None) -> Iterator[str]:
    """Why something of a period can still change, for some accounts or for everybody, in sentences."""
    now, parameters = chain.now(), chain.deployment.parameters
    if now < period.until:
        yield f"it ends {moment(period.until, now=now)}"
        return
    for line in found.trades:
        if line.outcome == TradeOutcome.WAITING.value:
            yield f"trade 0x{line.id.hex()[:8]} is {line.outcome}"
    for record in found.rounds:
        state = state_of(record, now)
        orders = record.posted.open_orders()
        if state not in (RoundState.FINAL, RoundState.EXPIRED) and any(
            accounts is None or order.trader in accounts for _, order in orders
        ):
            yield f"the round of market 0x{record.market.id.hex()[:8]} is {state}"
    final_from = period.until + parameters.base_interval_s + parameters.correction_window_s
    if now < final_from:
        yield f"readings of it can be corrected until {moment(final_from, now=now)}"
