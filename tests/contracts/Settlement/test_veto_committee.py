"""`veto` and the committee: whose votes count, and how many."""

import pytest

from testkit.market import key
from testkit.market_fixtures import trade_id_of
from testkit.orders import buy, sell
from testkit.refusals import refused

REASON = "the meter stood still"


def change_committee(community, auditor, is_appointed, threshold):
    """Have a change of the committee announced by the auditors, and come true."""
    change = auditor.address, is_appointed, threshold
    for voter in community.auditors[:2]:
        community.send(voter, "Motions", "voteChange", change)
    number = community.read("Motions", "changeCount")
    community.chain.warp(community.read("Motions", "changeOf", number)[1])
    community.send(community.agent, "Motions", "enactChange", number)


@pytest.fixture
def traded_early(community, alice, carol):
    """A final round whose slot starts only in an hour or two, so that the committee can change before."""
    slot_start = community.next_slot(3_600)
    market = community.open_market(slot_start=slot_start, closes_at=community.chain.now() + 100)
    expiry = market.rules.slot_start
    market.post([buy(alice, expiry=expiry), sell(carol, expiry=expiry)], [alice, carol])
    market.clear()
    return market


def test_votes_of_another_committee_do_not_count(settlement, community, traded_early):
    """One vote before a change and one after do not decide; two after it do."""
    market, (first, second, _) = traded_early, community.auditors
    market.veto((0, 0), first, REASON)
    change_committee(community, key("a fourth auditor"), True, 2)
    market.veto((0, 0), second, REASON)
    assert not settlement.isSettled(market.id, (0, 0))
    with refused("Settlement_AlreadyVoted", trade_id_of(market), second.address):
        market.veto((0, 0), second, REASON)
    market.veto((0, 0), first, REASON)
    assert settlement.isSettled(market.id, (0, 0))


def test_a_removed_auditor_has_no_vote_and_a_new_one_has(settlement, community, traded_early):
    market, (first, second, third) = traded_early, community.auditors
    change_committee(community, third, False, 2)
    with refused("Settlement_NotAuditor", third.address):
        market.veto((0, 0), third, REASON)
    with refused("Settlement_NotAuditor", third.address):
        market.flag((0, 0), third, REASON)
    market.veto((0, 0), second, REASON)
    market.veto((0, 0), first, REASON)
    assert settlement.isSettled(market.id, (0, 0))


def test_the_threshold_of_the_committee_decides(settlement, community, traded_early):
    market = traded_early
    change_committee(community, key("a fourth auditor"), True, 3)
    for count, auditor in enumerate(community.auditors, 1):
        market.veto((0, 0), auditor, REASON)
        assert settlement.isSettled(market.id, (0, 0)) is (count == 3)


def test_an_auditor_has_no_say_about_its_own_trade(settlement, community, traded_early, carol):
    """Carol, who sells, joins the committee: she can neither flag nor veto her trade."""
    market = traded_early
    change_committee(community, carol.account, True, 1)
    for call in (market.flag, market.veto):
        with refused("Settlement_OwnTrade", trade_id_of(market), carol.address):
            call((0, 0), carol.account, REASON)
    market.veto((0, 0), community.auditors[0], REASON)
    assert settlement.isSettled(market.id, (0, 0))


def test_a_buyer_who_audits_has_no_say_either(settlement, community, traded_early, alice):
    market = traded_early
    change_committee(community, alice.account, True, 1)
    with refused("Settlement_OwnTrade", trade_id_of(market), alice.address):
        market.veto((0, 0), alice.account, REASON)
    assert not settlement.isSettled(market.id, (0, 0))
