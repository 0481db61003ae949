"""What follows a final round: which trades the meters settle, what devices traded of the slot, what was not sold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from powerpact.agent.pieces import send_in_pieces
from powerpact.chain.client import Chain
from powerpact.chain.contracts import meters, rounds, settlement
from powerpact.chain.contracts.meters import ProvenReading
from powerpact.chain.contracts.settlement import FinalTrade, Position
from powerpact.chain.transactions import Mined, Sender
from powerpact.market.orders import MAX_BATCH
from powerpact.market.rules import Rules
from powerpact.market.schema import Side


def due_by_meter(
    unsettled: Sequence[FinalTrade],
    rules: Rules,
    measured: Mapping[int, Sequence[ProvenReading]],
    whole: Mapping[int, Sequence[ProvenReading]],
    now: int,
) -> list[FinalTrade]:
    """Those trades that the meters can settle now.

    Parameters
    ----------
    unsettled : sequence of FinalTrade
        Trades that have not ended.
    rules : Rules
        Their market's.
    measured : mapping of int to sequence of ProvenReading
        By device the readings of the slot, as `meters.measured_in` finds them.
    whole : mapping of int to sequence of ProvenReading
        Of these, of which every interval is measured: a buyer's meter counts as missing otherwise.
    now : int
        Time of the chain, Unix seconds: one slot after the refund time the buyer's meter may be missing.
    """
    return [
        final
        for final in unsettled
        if final.trade.device in measured
        and (not rules.is_metered or final.trade.meter in whole or now >= rules.import_until)
    ]


def refundable(chain: Chain, unsettled: Sequence[FinalTrade], rules: Rules, now: int) -> list[FinalTrade]:
    """Those trades that can be refunded now.

    Where both meters count, the one of a seller who has reported the slot is not: it has two slots from the refund time
    on to settle, the second of them without the buyer's meter.

    Parameters
    ----------
    chain : Chain
        The deployment.
    unsettled : sequence of FinalTrade
        Trades that have not ended.
    rules : Rules
        Their market's.
    now : int
        Time of the chain, Unix seconds.
    """
    if now < rules.refund_from:
        return []
    if now >= rules.refunded_by:
        return list(unsettled)
    last = meters.last_starts(chain, {final.trade.device for final in unsettled})
    last_interval = rules.slot.end - chain.deployment.parameters.base_interval_s
    return [final for final in unsettled if last[final.trade.device] < last_interval]


def settled_at_once(chain: Chain, due: Sequence[FinalTrade], rules: Rules) -> set[Position]:
    """The places of those trades that their chunk settles without proofs, by the last readings of their devices."""
    if rules.slot_length_s != chain.deployment.parameters.base_interval_s:
        return set()
    devices = {final.position: {final.trade.device, final.trade.meter} - {0} for final in due}
    alone = meters.settling_alone(chain, set().union(*devices.values()), rules.slot_start)
    return {place for place, named in devices.items() if named <= alone}


def decide_orders(chain: Chain, sender: Sender, market_id: bytes, device: int | None = None) -> list[Mined]:
    """Decide the undecided orders of a final round, of one device or meter or of all.

    Raises
    ------
    NotOnChain
        If there is no such market.
    """
    slot = rounds.read_round(chain, market_id).market.rules.slot
    asked: dict[tuple[Side, int], FinalTrade] = {}
    for final in settlement.final_trades(chain, market_id):
        trade = final.trade
        if device in (None, trade.device):
            asked.setdefault((Side.SELL, trade.sell_id), final)
        if trade.meter and device in (None, trade.meter):
            asked.setdefault((Side.BUY, trade.buy_id), final)
    promised = meters.all_promised(chain, [(_device(side, final), side) for (side, _), final in asked.items()], slot)
    due: dict[Side, list[FinalTrade]] = {Side.SELL: [], Side.BUY: []}
    for ((side, _), final), found in zip(asked.items(), promised, strict=True):
        before_wh = final.trade.sold_before_wh if side is Side.SELL else final.trade.bought_before_wh
        if found == (True, before_wh):
            due[side].append(final)
    sent = send_in_pieces(sender, due[Side.SELL], MAX_BATCH, lambda piece: settlement.decide(chain, market_id, piece))
    return sent + send_in_pieces(
        sender, due[Side.BUY], MAX_BATCH, lambda piece: settlement.decide_purchases(chain, market_id, piece)
    )


def certify_unsold(chain: Chain, sender: Sender, market_id: bytes) -> list[Mined]:
    """Certify to the sellers what refunded, agreed and vetoed trades no longer sell, as far as it is measured.

    Raises
    ------
    NotOnChain
        If there is no such market.
    """
    measured = meters.measured_in(chain, rounds.read_round(chain, market_id).market.rules.slot)
    finals = [final for final in settlement.final_trades(chain, market_id) if final.trade.device in measured]
    unsold = settlement.unsold(chain, market_id, [final.position for final in finals])
    due: list[settlement.Delivery] = [
        (final.proof, measured[final.trade.device], []) for final in finals if final.position in unsold
    ]
    return send_in_pieces(sender, due, MAX_BATCH, lambda piece: settlement.certify(chain, market_id, piece))


def _device(side: Side, final: FinalTrade) -> int:
    return final.trade.device if side is Side.SELL else final.trade.meter
