"""`flag`: an auditor's doubt about a trade, which changes nothing."""

import pytest

from testkit.market_fixtures import by, money_of, trade_id_of
from testkit.reverts import reverts_with

REASON = "the meter stood still"


def test_reverts_before_the_round_is_final(settlement, community, traded):
    other = community.open_market(price_rule=1)
    with reverts_with("Clearing_NotFinal", other.id):
        settlement.flag(other.id, traded.proof(0, 0), REASON, by(community.auditors[0]))


def test_reverts_for_an_unknown_trade(settlement, community, traded):
    trade, place, siblings = traded.proof(0, 0)
    with reverts_with("Settlement_UnknownTrade", traded.id, *place):
        settlement.flag(traded.id, (trade._replace(sale=1), place, siblings), REASON, by(community.auditors[0]))


@pytest.mark.parametrize("who", ["alice", "carol", "stranger"])
def test_reverts_for_anyone_but_an_auditor(settlement, traded, request, who):
    caller = request.getfixturevalue(who)
    with reverts_with("Settlement_NotAuditor", caller):
        settlement.flag(traded.id, traded.proof(0, 0), REASON, by(caller))


def test_reverts_without_a_reason(settlement, community, traded):
    with reverts_with("Settlement_EmptyReason", trade_id_of(traded)):
        settlement.flag(traded.id, traded.proof(0, 0), "", by(community.auditors[0]))


def test_changes_nothing(settlement, custody, community, traded, alice, carol):
    """Flagged twice, the trade is settled as if nobody had."""
    before = [money_of(custody, trader) for trader in (alice, carol)]
    for auditor in (community.auditors[0], community.auditors[0], community.auditors[2]):
        tx = settlement.flag(traded.id, traded.proof(0, 0), REASON, by(auditor))
        assert list(tx.events.keys()) == ["TradeFlagged"]
        flagged = tx.events["TradeFlagged"]
        assert (bytes(flagged["tradeId"]), flagged["auditor"], flagged["reason"]) == (
            trade_id_of(traded),
            auditor.address,
            REASON,
        )
    assert [money_of(custody, trader) for trader in (alice, carol)] == before
    assert not settlement.isSettled(traded.id, (0, 0))
    traded.report({carol.device: 1_000})
    traded.settle()
    settlement.flag(traded.id, traded.proof(0, 0), "the meter lies", by(community.auditors[1]))
