"""End what a round left: pay what has its readings, refund what is due, release what did not trade.

Anyone may do any of it, and anyone does: what another one ended meanwhile is passed over, after a report, and so is
any trade or order that the contract refuses. A chunk that is too large to be settled at once is settled in pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from powerpact.agent.aftermath import due_by_meter, refundable, settled_at_once
from powerpact.agent.pieces import WHOLE_GAS, fitting, send_in_pieces
from powerpact.agent.results import Settled
from powerpact.agent.sight import Sight, look
from powerpact.chain.client import Chain
from powerpact.chain.contracts import complete, meters, orders, settlement
from powerpact.chain.contracts.meters import ProvenReading
from powerpact.chain.contracts.settlement import FinalTrade, Position
from powerpact.chain.errors import ContractError
from powerpact.chain.transactions import Mined, Sender
from powerpact.market.orders import MAX_BATCH, id_text
from powerpact.progress import Progress

Measured = Mapping[int, Sequence[ProvenReading]]
"""By device the readings of a slot."""


def settle(chain: Chain, sender: Sender, market_id: bytes, report: Progress) -> Settled:
    """End everything of a round that can end now: pay what has its reading, refund what is due, release.

    Raises
    ------
    NotOnChain
        If there is no such market.
    LogsIncomplete
        If the node's logs lack orders, trades or readings.
    """
    seen, measured, whole, due = _look(chain, market_id)
    rules = seen.posted.market.rules
    skipped: set[Position] = set()
    at_once = settled_at_once(chain, due, rules)
    sent: list[Mined] = []
    late = [final for final in due if final.position not in at_once]
    for chunk in sorted({chunk for chunk, _ in at_once}):
        mined = _settle_whole(chain, sender, seen, chunk)
        if mined is not None:
            sent.append(mined)
        else:
            report(f"chunk {chunk} is settled in pieces")
            late += [final for final in due if final.position in at_once and final.chunk == chunk]

    def delivery(final: FinalTrade) -> settlement.Delivery:
        return final.proof, measured[final.trade.device], whole.get(final.trade.meter, [])

    sent += send_in_pieces(
        sender,
        late,
        MAX_BATCH,
        lambda piece: settlement.settle_late(chain, market_id, [delivery(final) for final in piece]),
        _skipping(skipped, report),
    )
    paid = {final.position for final in due} - skipped
    left = [final for final in seen.unsettled if final.position not in paid]
    settled = Settled(paid=len(paid), transactions=tuple(sent))
    return settled.then(_give_back(chain, sender, seen, left, report))


def refund(chain: Chain, sender: Sender, market_id: bytes, report: Progress) -> Settled:
    """Refund the trades whose refund time has come, and release the orders that did not trade.

    What was delivered and read is not refunded: silence never pays, and the meters have spoken.

    Raises
    ------
    NotOnChain
        If there is no such market.
    LogsIncomplete
        If the node's logs lack orders, trades or readings.
    """
    seen, _, _, due = _look(chain, market_id)
    delivered = {final.position for final in due}
    if delivered:
        report(f"{len(delivered)} trades have their readings and are not refunded: `powerpact settle` pays them")
    left = [final for final in seen.unsettled if final.position not in delivered]
    refunded = _give_back(chain, sender, seen, left, report)
    return replace(refunded, waiting=refunded.waiting + len(delivered))


def _look(chain: Chain, market_id: bytes) -> tuple[Sight, Measured, Measured, list[FinalTrade]]:
    """A round, its readings, those that are whole, and the trades that they settle; all of one block, and complete."""

    def question() -> tuple[Sight, Measured, Measured]:
        seen = look(chain, market_id)
        rules = seen.posted.market.rules
        measured = meters.measured_in(chain, rules.slot) if seen.unsettled else {}
        whole = meters.whole_in(chain, rules.slot, measured) if measured and rules.is_metered else {}
        return seen, measured, whole

    seen, measured, whole = complete.whole(chain, question)
    return seen, measured, whole, due_by_meter(seen.unsettled, seen.posted.market.rules, measured, whole, seen.now)


def _settle_whole(chain: Chain, sender: Sender, seen: Sight, chunk: int) -> Mined | None:
    """Settle a chunk without proofs; None if it is too large for one transaction, or another one was faster."""
    call = settlement.settle(chain, seen.posted.market.id, chunk, seen.chunks[chunk])
    try:
        whole = fitting(sender, call, WHOLE_GAS)
        return None if whole is None else sender.send(whole)
    except ContractError:
        return None


def _give_back(chain: Chain, sender: Sender, seen: Sight, unsettled: Sequence[FinalTrade], report: Progress) -> Settled:
    """Refund what is due of these trades, and release what did not trade."""
    market = seen.posted.market
    due = refundable(chain, unsettled, market.rules, seen.now)
    kept: set[Position] = set()
    sent = send_in_pieces(
        sender, due, MAX_BATCH, lambda piece: settlement.refund(chain, market.id, piece), _skipping(kept, report)
    )
    idle, bound = seen.idle(), []

    def skip_order(item: Any, error: ContractError) -> None:
        bound.append(item)
        report(f"order {id_text(item[0][0])} is not released: {error}")

    sent += send_in_pieces(sender, idle, MAX_BATCH, lambda piece: orders.release(chain, market.id, piece), skip_order)
    return Settled(
        refunded=len(due) - len(kept),
        released=len(idle) - len(bound),
        waiting=len(unsettled) - len(due),
        transactions=tuple(sent),
    )


def _skipping(skipped: set[Position], report: Progress) -> Callable[[FinalTrade, ContractError], None]:
    """What to do about a trade that the contract refuses to end."""

    def skip(final: FinalTrade, error: ContractError) -> None:
        skipped.add(final.position)
        report(f"trade {final.chunk}:{final.index} is left as it is: {error}")

    return skip
