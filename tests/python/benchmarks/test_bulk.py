"""Many transactions at once are all executed, in the order of each sender, and counted."""

import pytest
from eth_utils import keccak

from benchmarks.bulk import WAVE, BulkChain, Call, Total
from benchmarks.large_round import PURSE_UPOINTS, Town
from powerpact.chain.errors import ContractError
from powerpact.chain.local.node import Node


@pytest.fixture
def rpc_url():
    with Node(base_fee_wei=0, tx_gas_limit=True) as node:
        yield node.rpc_url


def test_a_town_is_admitted(rpc_url):
    town = Town(rpc_url, 3)
    admitted, certified, endowed = town.admit_all(), town.certify_all(), town.endow_all()
    assert [total.transactions for total in (admitted, certified, endowed)] == [9, 9, 9]
    for trader in town.traders:
        assert town.read("ParticipantRegistry", "isActive", trader.address)
    for buyer in town.traders[:3]:
        assert town.read("Accounts", "walletOf", buyer.address)[0] == PURSE_UPOINTS
    for seller in town.traders[3:]:
        assert town.read("DeviceRegistry", "certificationOf", seller.device)[0] == seller.address


def test_more_than_a_wave(rpc_url):
    chain = BulkChain(rpc_url)
    sender, nobody = "0x" + "11" * 20, "0x" + "22" * 20
    total = chain.send_all([Call(sender, nobody, b"")] * (WAVE + 5))
    assert total == Total(WAVE + 5, 21_000 * (WAVE + 5), 21_000, 2)
    assert chain.nonce(sender) == WAVE + 5


def test_a_failure_is_told(rpc_url):
    town = Town(rpc_url, 1)
    again = town._call(town.people[0][0].address, "ParticipantRegistry", "applyFor", keccak(b""))
    with pytest.raises(ContractError, match="WrongStatus"):
        town.bulk.send_all([again, again])
