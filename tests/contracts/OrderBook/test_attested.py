"""What is attested about a seller is written into the order when it is posted; a market says where values come from."""

from dataclasses import replace

from powerpact.market.orders import Order
from testkit.market import ASK, COMPLETED_TRADES, CREDIBILITY, DECLARED, RELIABILITY
from testkit.market_fixtures import CREDIBILITY_PPM
from testkit.orders import buy, codes, lanes, sell

SOLAR = 1


def posted_order(receipt, market, index=0):
    """The order as the book keeps it."""
    return Order.unpack(market.community.events(receipt, "OrdersPlaced")[0]["orders"][index])


def test_fills_in_what_each_source_says(community, carol):
    market = community.open_market(
        [COMPLETED_TRADES, DECLARED, ASK, CREDIBILITY, RELIABILITY, DECLARED, DECLARED, ASK], [True] * 8
    )
    signed = sell(carol, levels=(0, 5, 0, 0, 0, 7, 0, 0))
    kept = posted_order(market.post([signed], [carol]), market)
    assert kept.levels == (0, 5, 100_000, CREDIBILITY_PPM, 1_000_000, 7, 0, 100_000)


def test_follows_the_track_record(community, traded, carol, alice):
    traded.report({carol.device: 400})
    traded.settle()
    market = community.open_market([RELIABILITY, COMPLETED_TRADES], [True, True])
    kept = posted_order(market.post([sell(carol, nonce=2)], [carol]), market)
    assert kept.levels == lanes(400_000, 1)


def test_keeps_what_was_attested_when_the_record_changes(community, book, market, alice, bob, carol, dan):
    """A score depends on the stored order alone, whatever the seller does afterwards."""
    later = community.open_market([RELIABILITY], [True], slot_start=market.rules.slot_start + 86_400)
    receipt = later.post([sell(carol, nonce=9)], [carol])
    assert posted_order(receipt, later).levels == lanes(1_000_000)
    market.post([buy(alice), sell(carol)], [alice, carol])
    market.clear()
    market.report({carol.device: 0})
    market.settle()
    book.verify(later.id, later.placed(0))
    assert Order.unpack(later.placed(0)[1]).levels == lanes(1_000_000)


def test_fills_in_the_energy_source_of_the_device(community, carol):
    market = community.open_market(category_count=3, source_category=2)
    kept = posted_order(market.post([sell(carol, classes=codes(9, 0, 200))], [carol]), market)
    assert kept.classes == codes(9, SOLAR, 200)


def test_changes_nothing_but_the_person_in_a_buy_order(community, alice):
    market = community.open_market([ASK, CREDIBILITY], [False, True], category_count=2, source_category=1)
    signed = buy(
        alice,
        levels=lanes(90_000, 800_000),
        limits=lanes(120_000, 500_000),
        weights_ppm=lanes(600_000, 400_000),
        classes=codes(SOLAR, 0),
    )
    kept = posted_order(market.post([signed], [alice]), market)
    assert kept.person
    assert replace(kept, person=0) == signed
