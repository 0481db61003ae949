"""Commands of auditors about trades: ``trade flag`` and ``trade veto``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    MarketId,
    clock,
    done,
    market_of,
    names_of,
    open_chain,
    tell,
    unlock,
)
from powerpact.market import wording

if TYPE_CHECKING:
    from powerpact.chain.client import Chain
    from powerpact.chain.contracts.settlement import FinalTrade

trade_group = typer.Typer(help="Trades of final rounds.", no_args_is_help=True)

TradeId = Annotated[
    str, typer.Argument(metavar="TRADE", help="Id of the trade or of either of its orders; see `trade list`.")
]


@trade_group.command()
def flag(
    market: MarketId,
    trade: TradeId,
    account: As,
    reason: Annotated[str, typer.Option(help="The doubt, in words, for everybody to see.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Say, as an auditor, that a trade of a final round is doubtful. It changes nothing.

    [bold]Example:[/bold] powerpact trade flag 0x5f3a 2:0 -a auditor-ann --reason "the meter stood still"
    """
    from powerpact.chain.contracts import settlement

    chain, key = open_chain(deployment), unlock(account)
    id_, final = _shown(chain, market, trade)
    mined = chain.sender(key).send(settlement.flag(chain, id_, final, reason))
    done("flagged the trade", [mined], _data(id_, final, reason), as_json=as_json)


@trade_group.command()
def veto(
    market: MarketId,
    trade: TradeId,
    account: As,
    reason: Annotated[str, typer.Option(help="The reason, in words; auditors who name another do not add up.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Vote, as an auditor, to veto a trade before its slot starts: its money goes back to the buyer.

    [bold]Example:[/bold] powerpact trade veto 0x5f3a 2:0 -a auditor-ann --reason "the meter stood still"
    """
    from powerpact.chain.contracts import participants, settlement

    chain, key = open_chain(deployment), unlock(account)
    id_, final = _shown(chain, market, trade)
    mined = chain.sender(key).send(settlement.veto(chain, id_, final, reason))
    votes, threshold = chain.event(mined, "VetoVoted").arguments["votes"], participants.threshold(chain)
    is_over = settlement.is_settled(chain, id_, final.position)
    what = f"voted to veto the trade: {'vetoed' if is_over else f'{votes} of {threshold} votes'}"
    data = {**_data(id_, final, reason), "votes": votes, "threshold": threshold, "vetoed": is_over}
    done(what, [mined], data, as_json=as_json)


def _shown(chain: Chain, market: str, trade: str) -> tuple[bytes, FinalTrade]:
    """The market's id and the trade, which is shown."""
    from powerpact.chain.contracts import agreements, markets

    id_ = market_of(chain, market)
    final, names = agreements.find_trade(chain, id_, trade), names_of(chain)
    said, start = final.trade, markets.market(chain, id_).rules.slot_start
    tell(
        f"trade 0x{final.id.hex()[:8]}: {said.energy_wh} Wh from {names(said.seller)} to {names(said.buyer)} at "
        f"{wording.price(said.price_upoints_per_kwh)}, slot {clock(start, chain.now())}"
    )
    return id_, final


def _data(market_id: bytes, final: FinalTrade, reason: str) -> dict[str, object]:
    return {"market": f"0x{market_id.hex()}", "trade": f"0x{final.id.hex()}", "reason": reason}
