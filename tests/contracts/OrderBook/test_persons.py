"""Each order says in the book whose it is: the number of the trader's person, whichever account it has."""

from dataclasses import replace

import pytest

from powerpact.mechanisms.satisfaction.round import Solution, Trade
from testkit.admitting import MEMBERSHIP
from testkit.chains import EvmChain
from testkit.mandates import Gateway, mandate_for
from testkit.market import Claims, Community
from testkit.orders import buy, sell
from testkit.refusals import refused

ALICE, BOB, SHOP = range(3)
"""The shop is a further account of Bob."""
PERSONS = (1, 2, 2)
FULL_PPM = 2_000_000
BOND_UPOINTS = 100_000_000


@pytest.fixture
def community():
    made = Community(EvmChain(), traders=3, linked={SHOP: BOB})
    for trader in made.traders:
        made.endow(trader, 10**9)
    return made


@pytest.fixture
def market(community):
    community.fund(community.agent, 10**9, 10**9)
    return community.open_market(challenge_window_s=600, bond_upoints=BOND_UPOINTS)


def persons_of(market):
    return [order.person for order in market.orders().values()]


def pair(market, buyer, seller):
    """Post an order of each, which would trade if they were different persons'; both ids."""
    traders = market.community.traders
    market.post([buy(traders[buyer]), sell(traders[seller])], [traders[buyer], traders[seller]])
    last = len(market.batches) - 1
    return last << 8, last << 8 | 1


def test_every_order_is_its_person_s(community, market):
    traders = community.traders
    orders = [buy(trader) for trader in traders] + [sell(trader) for trader in traders]
    market.post(orders, traders * 2)
    assert persons_of(market) == [*PERSONS, *PERSONS]
    kept = [replace(order, person=0) for order in market.orders().values()]
    assert kept[:3] == orders[:3]
    market.place(traders[SHOP], buy(traders[SHOP], nonce=2))
    assert persons_of(market)[-1] == PERSONS[SHOP]


@pytest.mark.parametrize("person", [1, 2, 1 << 25, (1 << 26) - 1])
@pytest.mark.parametrize("order_of", [buy, sell])
def test_nobody_says_whose_an_order_is(community, market, order_of, person):
    alice = community.traders[ALICE]
    order = order_of(alice, person=person)
    with refused("Order_UnusedFieldSet", 0):
        market.post([order], [alice])
    with refused("Order_UnusedFieldSet", 0):
        market.place(alice, order)


def test_a_mandated_order_is_the_trader_s_and_not_the_delegate_s(community, market):
    alice, bob, _ = community.traders
    gateway = Gateway(market, bob, alice.account, mandate_for(market, bob, alice.account))
    gateway.register()
    gateway.post(gateway.buy())
    assert persons_of(market) == [PERSONS[BOB]]
    with refused("Order_UnusedFieldSet", 0):
        gateway.post(gateway.buy(person=PERSONS[ALICE]))


@pytest.mark.parametrize(("buyer", "seller"), [(BOB, SHOP), (SHOP, BOB), (BOB, BOB), (SHOP, SHOP)])
def test_two_accounts_of_a_person_do_not_trade(market, buyer, seller):
    bought, sold = pair(market, buyer, seller)
    market.close()
    wrong = Solution(FULL_PPM, (Trade(str(bought), str(sold), FULL_PPM, 1_000),), {str(bought): FULL_PPM}, {})
    claims = market.claims(wrong)
    with refused("Satisfaction_NotEligible", bought, sold):
        market.propose(claims)
    with refused("Satisfaction_NotEligible", bought, sold):
        market.clear_at_once(market.links(wrong))
    assert market.clear_at_once(Claims([], []))  # there is no better matching than none


def test_a_pair_of_one_person_refutes_nothing(market):
    bought, sold = pair(market, BOB, SHOP)
    market.close()
    market.propose(Claims([], []))
    market.seal()
    with refused("Satisfaction_PairCovered", bought, sold, 0, 0):
        market.challenge(bought, sold)


def test_an_account_keeps_its_person_whoever_links_it(community, market):
    """What was attested when an order was posted holds for good: an account is one person's for ever."""
    alice, bob, shop = community.traders
    market.post([sell(shop)], [shop])
    community.send(bob.account, "ParticipantRegistry", "unlink", shop.address)
    with refused("Order_TraderNotActive", 0, shop.address):
        market.post([buy(shop)], [shop])
    with refused("Registry_OtherPerson", shop.address, PERSONS[BOB], PERSONS[ALICE]):
        community.link(alice.account, shop.account)
    community.link(bob.account, shop.account)
    market.post([buy(bob), buy(shop)], [bob, shop])
    assert persons_of(market) == [PERSONS[BOB]] * 3


def test_whoever_leaves_and_comes_back_is_the_same_person(community, market):
    bob = community.traders[BOB]
    market.post([sell(bob)], [bob])
    community.send(bob.account, "ParticipantRegistry", "requestExit")
    community.chain.warp(community.chain.now() + MEMBERSHIP.exit_notice_s)
    community.send(bob.account, "ParticipantRegistry", "exit")
    community.admit([bob.account])
    later = community.open_market()
    later.post([buy(bob, nonce=2)], [bob])
    assert (persons_of(market), persons_of(later)) == ([PERSONS[BOB]], [PERSONS[BOB]])


def test_a_suspended_person_posts_with_none_of_its_accounts(community, market):
    _, bob, shop = community.traders
    until = community.chain.now() + 1_000
    for auditor in community.auditors[:2]:
        community.send(auditor, "ParticipantRegistry", "suspend", bob.address, until, "meter under review")
    for trader in (bob, shop):
        with refused("Order_TraderNotActive", 0, trader.address):
            market.post([buy(trader)], [trader])
