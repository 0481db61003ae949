"""Somebody reads the mempool and has later readings taken first: a bridge that catches up loses none."""

import threading

import pytest

from powerpact.chain.artifacts import artifact
from powerpact.chain.connection import connect
from powerpact.chain.contracts import meters
from powerpact.chain.contracts.meters import Reading, SignedReading
from powerpact.chain.errors import ChainError
from powerpact.chain.local.clock import request
from testkit.gateways import make_gateway
from tests.python.devices.test_bridge import bridge, publish, reported, subscribed

GAS = 1_000_000
TIP_WEI = 50 * 10**9


class Attacker(threading.Thread):
    """Mines the blocks, and before each reports the last reading of each device that waits, for a higher fee."""

    def __init__(self, world):
        super().__init__(daemon=True)
        self.world = world
        self.web3 = connect(world.chain.web3.provider.endpoint_uri)
        self.key = world.keys["rival"]
        self.metering = self.web3.eth.contract(
            world.chain.deployment.addresses["Metering"], abi=artifact("Metering").abi
        )
        self.most_seen = 0
        self.seen = set()
        self.ended = threading.Event()

    def __enter__(self):
        request(self.web3, "evm_setAutomine", False)
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join(30)
        request(self.web3, "evm_setAutomine", True)
        assert not self.is_alive()

    def run(self):
        while not self.ended.wait(0.05):
            for readings in self.waiting():
                self.overtake(readings)
            request(self.web3, "evm_mine")

    def waiting(self):
        """The readings of each transaction that waits and is new."""
        pending = request(self.web3, "txpool_content")["pending"]
        for sender, transactions in pending.items():
            for transaction in transactions.values():
                if sender.lower() != self.key.address.lower() and transaction["hash"] not in self.seen:
                    self.seen.add(transaction["hash"])
                    _, arguments = self.metering.decode_function_input(transaction["input"])
                    words, signatures = arguments["readings"], arguments["signatures"]
                    yield [
                        SignedReading(Reading.unpack((one["head"], one["flows"])), signature)
                        for one, signature in zip(words, signatures, strict=True)
                    ]

    def overtake(self, readings):
        lasts: dict[int, list[SignedReading]] = {}
        for signed in readings:
            lasts.setdefault(signed.reading.device, []).append(signed)
        self.most_seen = max(self.most_seen, *map(len, lasts.values()))
        call = meters.report(self.world.chain, [those[-1] for those in lasts.values()])
        terms = {
            "to": call.to,
            "data": call.data,
            "value": 0,
            "gas": GAS,
            "maxPriorityFeePerGas": TIP_WEI,
            "maxFeePerGas": 2 * TIP_WEI,
            "nonce": self.web3.eth.get_transaction_count(self.key.address, "pending"),
            "chainId": self.web3.eth.chain_id,
        }
        self.web3.eth.send_raw_transaction(self.key.sign_transaction(terms).raw_transaction)


@pytest.fixture
def gateway(world):
    """Two meters that come back after an outage of four hours, far longer than the correction window."""
    return make_gateway(world, 2, 4)


def test_a_backlog_in_one_batch_is_lost_to_the_attacker(world, gateway):
    """The attack works, so that the next test can fail."""
    with Attacker(world) as attacker, pytest.raises(ChainError):
        world.sender("agent").send(meters.report(world.chain, gateway.readings))
    assert attacker.most_seen == 4
    assert reported(world) == {device: starts[-1:] for device, starts in gateway.starts_of.items()}


def test_a_bridge_that_catches_up_loses_nothing(world, folder, where, gateway):
    subscribed(world, folder, where)
    publish(where, gateway.readings)
    with Attacker(world) as attacker:
        made = bridge(world, folder, where, patience_s=0)
        made.run()
    assert attacker.most_seen == 1
    assert reported(world) == gateway.starts_of
    assert made.readings.counts() == {"final": 8}


def test_two_bridges_lose_nothing_to_the_attacker_nor_to_each_other(world, folder, where, gateway):
    """Each has a journal and an account of its own."""
    ways = [
        {"folder": folder / account, "account": account, "client_id": account, "patience_s": 0}
        for account in ("agent", "bob")
    ]
    for way in ways:
        bridge(world, where=where, **way | {"until_idle_s": 0.0}).run()
    publish(where, gateway.readings)
    made = [bridge(world, where=where, **way) for way in ways]
    with Attacker(world) as attacker:
        threads = [threading.Thread(target=one.run, daemon=True) for one in made]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive()
    print(*made[0].said, *made[1].said, sep="\n")
    assert attacker.most_seen == 1
    assert reported(world) == gateway.starts_of
    assert [one.readings.counts() for one in made] == [{"final": 8}] * 2
