"""256 buyers and 256 sellers on a node with the cap of EIP-7825: the shipped service ends their rounds for all."""

import pytest

from benchmarks.large_end import check_certificates, issue
from benchmarks.large_round import LargeMarket, Steps, Town, seen_by
from powerpact.agent import Agent
from powerpact.chain.connection import GAS_LIMIT
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.local.node import Node
from testkit.chains import GENESIS_TIME
from testkit.gas.measure import HARDFORK
from testkit.orders import buy, sell

SIDE = 256
EXPORTED_WH = 1_100


@pytest.fixture(scope="module")
def town():
    with Node(hardfork=HARDFORK, base_fee_wei=0, timestamp_s=GENESIS_TIME, tx_gas_limit=True) as node:
        made = Town(node.rpc_url, SIDE)
        made.populate(Steps())
        yield made


@pytest.mark.parametrize(
    ("rules", "steps"),
    [
        ({}, {"propose", "prove"}),
        ({"challenge_window_s": 600, "bond_upoints": 1_000_000}, {"propose", "seal"}),
    ],
    ids=["proven in pieces", "sealed"],
)
def test_everybody_is_paid_and_certified(town, rules, steps):
    if rules:
        town.fund(town.agent, rules["bond_upoints"])
    opened = town.open_market(**rules)
    market = LargeMarket(town, opened.id, opened.rules)
    buyers, sellers = town.traders[:SIDE], town.traders[SIDE:]
    nonce = 40 * len(rules)
    market.post([buy(trader, nonce=nonce) for trader in buyers], buyers)
    market.post([sell(trader, nonce=nonce) for trader in sellers], sellers)
    market.close()
    before = [wallet[0] for wallet in wallets(town, sellers)]
    agent = seen_by(town, town.agent, Agent)
    cleared = agent.clear(market.id)
    assert {mined.step for mined in cleared.transactions} == steps
    if cleared.status is ProposalStatus.ACTIVE:
        town.chain.warp(cleared.final_from)
        agent.finalize(market.id)
    market.report({seller.device: EXPORTED_WH for seller in sellers})
    settled = agent.settle(market.id)
    assert (settled.paid, settled.refunded, settled.waiting) == (SIDE, 0, 0)
    assert max(mined.gas_used for mined in (*cleared.transactions, *settled.transactions)) <= GAS_LIMIT
    paid = [wallet[0] - had for wallet, had in zip(wallets(town, sellers), before, strict=True)]
    assert len(set(paid)) == 1
    assert paid[0] > 0
    assert all(wallet[1] == 0 for wallet in wallets(town, buyers))
    issue(market, agent)
    check_certificates(market, agent)


def wallets(town, traders):
    """Free and held micro-points of each."""
    return town.read_all([("Accounts", "walletOf", trader.address) for trader in traders])
