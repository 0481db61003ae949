"""Fixtures of the refutations: a contest, who challenges in it, and who knew before."""

from dataclasses import dataclass

import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from testkit.contest import BOND_UPOINTS, WINDOW_S, post
from testkit.market import key
from testkit.market_fixtures import *
from testkit.market_fixtures import ENDOWMENT_UPOINTS

DAY_S = 86_400
"""How long commitments can be shown after a refutation."""


@pytest.fixture(scope="module")
def agent(community):
    """The agent who proposes unless told, with money for bonds."""
    made = community.join("agent")
    community.endow(made, ENDOWMENT_UPOINTS)
    return made


@pytest.fixture
def contest(community, agent, alice, bob, carol, dan):
    """The orders of `post` in a market with a challenge window, its gate closed."""
    market = community.open_market(challenge_window_s=WINDOW_S, bond_upoints=BOND_UPOINTS)
    post(market, alice, bob, carol, dan)
    market.close()
    return market


@pytest.fixture(scope="module")
def watcher():
    """Who finds out that a proposal is false; without a wallet so far."""
    return key("watcher")


@pytest.fixture(scope="module")
def copier():
    """Who copies what stands in the open, and is first."""
    return key("copier")


@dataclass(frozen=True)
class Knowledge:
    """That a pair refutes a proposal, written down by somebody."""

    proposal: int
    pair: tuple[int, int]
    challenger: str
    salt: bytes

    def commitment(self, community):
        """As IRefutations says; computed without the contract."""
        types = ["uint256", "address", "uint64", "address", "uint40[]", "bytes32"]
        place = community.chain.chain_id, community.addresses["Refutations"]
        return keccak(encode(types, [*place, self.proposal, self.challenger, list(self.pair), self.salt]))


@pytest.fixture
def know(contest):
    """What somebody knows of a proposal, by default the latest, and of the pair of Bob (1) and Carol (2)."""

    def _know(who, pair=(1, 2), salt=b"\x07" * 32, proposal=None):
        return Knowledge(contest.proposal if proposal is None else proposal, pair, who.address, salt)

    return _know


@pytest.fixture
def commit(community):
    """Write it down; by default its challenger does."""

    def _commit(knowledge, sender=None):
        sender = sender or knowledge
        address = getattr(sender, "address", None) or sender.challenger
        data = community.interfaces["Refutations"].encode_call("commit", [knowledge.commitment(community)])
        return community.chain.send(address, community.addresses["Refutations"], data)

    return _commit


@pytest.fixture
def reveal(community, contest):
    """Show it; anyone may."""

    def _reveal(knowledge, sender=None, shown=None):
        shown = [contest.exhibit(id_) for id_ in knowledge.pair] if shown is None else shown
        arguments = knowledge.proposal, shown, b"", knowledge.challenger, knowledge.salt
        return community.send(sender or community.utility, "Refutations", "reveal", *arguments)

    return _reveal


@pytest.fixture
def award(community):
    """Award what waits of a lost bond; anyone may."""
    return lambda proposal: community.send(community.utility, "Refutations", "award", proposal)


@pytest.fixture
def money(custody):
    """Free and held points of each, micro-points."""
    return lambda *people: [tuple(custody.walletOf(person.address))[:2] for person in people]


@pytest.fixture
def refutation(refutations):
    """What waits for its winner, as a tuple: challenger, block, until, winner, number."""
    return lambda proposal: tuple(refutations.refutationOf(proposal))


@pytest.fixture
def in_one_block(community):
    """Mine transactions, each sender, contract, function and arguments, in one block and in this order."""

    def _in_one_block(*calls):
        request = community.chain.request
        request("evm_setAutomine", False)
        try:
            for sender, contract, function, *arguments in calls:
                data = community.interfaces[contract].encode_call(function, arguments)
                to = community.addresses[contract]
                transaction = {"from": sender.address, "to": to, "data": f"0x{data.hex()}"}
                request("eth_sendTransaction", transaction | {"gas": hex(2_000_000), "gasPrice": "0x0"})
            request("evm_mine")
        finally:
            request("evm_setAutomine", True)

    return _in_one_block
