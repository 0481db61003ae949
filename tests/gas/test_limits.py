"""Every chunk of a final round fits into one transaction, whatever it holds (CLR-3)."""

import pytest

from powerpact.market.rules import DeliveryRule
from powerpact.market.trades import MAX_CHUNK
from testkit.chains import EvmChain
from testkit.market import Claims, Community
from testkit.orders import buy, sell

MOST_GAS = 16_777_216
"""Of a transaction (EIP-7825)."""

ENDOWMENT_UPOINTS = 10_000_000


@pytest.fixture(scope="module")
def town():
    """As many buyers and sellers as a chunk has trades, all of them new to everything."""
    return Community(EvmChain(), 2 * MAX_CHUNK)


@pytest.mark.parametrize(
    ("delivery", "exported_wh", "mode", "at_once"),
    [
        pytest.param(DeliveryRule.EXPORT, 1_300, 0, True, id="one-to-one, with surplus"),
        pytest.param(DeliveryRule.EXPORT, 600, 0, True, id="one-to-one, with shortfall"),
        pytest.param(DeliveryRule.BOTH_SIDES, 1_300, 0, True, id="one-to-one, by both sides"),
        pytest.param(DeliveryRule.EXPORT, 1_300, 1, True, id="divisible, with surplus"),
        pytest.param(DeliveryRule.EXPORT, 600, 1, True, id="divisible, with shortfall"),
        pytest.param(DeliveryRule.BOTH_SIDES, 1_300, 1, False, id="divisible, by both sides"),
    ],
)
def test_the_largest_chunk_is_settled_within_the_limit(town, delivery, exported_wh, mode, at_once):
    """In one transaction; where all accounts are new, all have a surplus and the buyers' meters count, in two."""
    start = town.chain.snapshot()
    market = town.open_market(delivery=delivery, mode=mode)
    buyers, sellers = town.traders[:MAX_CHUNK], town.traders[MAX_CHUNK:]
    metered = delivery is DeliveryRule.BOTH_SIDES
    for trader in buyers:
        town.endow(trader, ENDOWMENT_UPOINTS)
    market.post([buy(trader, **({"device": trader.device} if metered else {})) for trader in buyers], buyers)
    market.post([sell(trader) for trader in sellers], sellers)
    market.close()
    buy_ids, sell_ids = range(MAX_CHUNK), range(256, 256 + MAX_CHUNK)
    priced = [(id_, 1_000_000) for id_ in buy_ids] + [(id_, 0) for id_ in sell_ids]
    links = [(k, MAX_CHUNK + k, 1_000) for k in range(MAX_CHUNK)]
    market.propose_batches(Claims(priced, links))
    market.prove()
    assert len(market.trades()) == MAX_CHUNK
    imported_wh = {trader.device: 900 for trader in buyers} if metered else {}
    market.report({trader.device: exported_wh for trader in sellers}, imported_wh=imported_wh)
    if at_once:
        receipts = [market.settle()]
    else:
        half = MAX_CHUNK // 2
        receipts = [market.settle_late([(0, k) for k in range(first, first + half)]) for first in (0, half)]
    assert market.locked_upoints() == 0
    assert max(receipt.gas_used for receipt in receipts) <= MOST_GAS, [receipt.gas_used for receipt in receipts]
    town.chain.revert(start)
