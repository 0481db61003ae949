"""Closing a period: its statement becomes final, once, and what changes later is a correction in a later one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.index.opening import journal_of
from powerpact.statements.document import from_document, to_document
from powerpact.statements.drawing import draw_up, person_of
from powerpact.statements.errors import PeriodTaken, StatementNotFinal
from powerpact.statements.model import Correction, Period, Statement
from powerpact.store.statements import Kept, StatementBook

_METER_FIGURES: Final = ("exported_wh", "imported_wh", "sold_wh", "bought_wh", "certified_wh")
_TRADE_FIGURES: Final = ("delivered_wh", "used_wh", "paid_upoints", "penalty_upoints")
_POINT_FIGURES: Final = ("opening_upoints", "closing_upoints")

Figure = tuple[str, str]
"""The line of a statement, and which of its figures."""


def kept_statements(chain: Chain, account: ChecksumAddress) -> list[Statement]:
    """The final statements of a person, in their order."""
    person, _ = person_of(chain, account)
    return [from_document(kept.document) for kept in StatementBook(journal_of(chain), person).all()]


def preview(chain: Chain, account: ChecksumAddress, period: Period) -> Statement:
    """The statement of a period: the final one, word for word, if it was closed; else as it is now.

    What has changed of earlier statements is in it if its period begins where the last of them ends.
    """
    return _as_of(chain, account, period, kept_statements(chain, account))


def _as_of(chain: Chain, account: ChecksumAddress, period: Period, earlier: Sequence[Statement]) -> Statement:
    """The same, given the person's final statements."""
    for kept in earlier:
        if kept.period == period:
            return kept
    statement = draw_up(chain, account, period)
    if not earlier or earlier[-1].period.until != period.since:
        return statement
    return replace(statement, corrections=tuple(_corrections(chain, account, earlier)))


def close(chain: Chain, account: ChecksumAddress, period: Period) -> Statement:
    """Make the statement of a period final. A period that was closed stays as it is.

    Raises
    ------
    StatementNotFinal
        If something of it can still change.
    PeriodTaken
        If it does not begin where the person's last final statement ends.
    StatementDisagrees
        If what it adds up to is not what the chain says.
    """
    earlier = kept_statements(chain, account)
    statement = _as_of(chain, account, period, earlier)
    if statement.is_final:
        return statement
    if earlier and earlier[-1].period.until != period.since:
        last = earlier[-1]
        problem = f"ends at {_at(last.period.until)}, and this one begins at {_at(period.since)}"
        raise PeriodTaken(last.number, problem)
    if statement.pending:
        raise StatementNotFinal(statement.pending)
    final = replace(statement, number=len(earlier) + 1)
    book = StatementBook(journal_of(chain), statement.person)
    if book.write(Kept(final.number, period.since, period.until, to_document(final))):
        return final
    return close(chain, account, period)  # another program was faster: what it wrote counts


def _corrections(chain: Chain, account: ChecksumAddress, earlier: Sequence[Statement]) -> Iterator[Correction]:
    """Where earlier statements, with the corrections of those after them, differ from the chain."""
    stated: dict[tuple[int, Figure], int] = {}
    for kept in earlier:
        stated |= {(kept.number, figure): value for figure, value in _figures(kept).items()}
        stated |= {(one.number, (one.what, one.field)): one.now for one in kept.corrections}
    for kept in earlier:
        now = _figures(draw_up(chain, account, kept.period))
        then = {figure: value for (number, figure), value in stated.items() if number == kept.number}
        for figure in sorted(then.keys() | now.keys()):
            if then.get(figure, 0) != now.get(figure, 0):
                yield Correction(kept.number, *figure, then.get(figure, 0), now.get(figure, 0))


def _figures(statement: Statement) -> dict[Figure, int]:
    """All figures of a statement by line and name."""
    meters = {
        (f"meter {line.device} at {_at(line.start_at)}", name): getattr(line, name)
        for line in statement.measured
        for name in _METER_FIGURES
    }
    trades = {
        (f"trade 0x{line.id.hex()} to {line.side.name.lower()}", name): getattr(line, name)
        for line in statement.trades
        for name in _TRADE_FIGURES
    }
    points = {
        ("points", "opening_upoints"): statement.opening_upoints,
        ("points", "closing_upoints"): statement.closing_upoints,
    }
    return meters | trades | points


def _at(time_s: int) -> str:
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d %H:%M}Z"
