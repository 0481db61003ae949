"""`seal` where a market asks for endorsements: k of n sign the proposal (EIP-712) before it stands."""

import pytest
from brownie import accounts
from eth_abi.abi import encode
from eth_utils import keccak

from powerpact.codec.eip712 import sign
from powerpact.codec.packing import trade_tree
from powerpact.mechanisms.satisfaction.spec import match
from testkit.contest import ACTIVE, BOND_UPOINTS, DRAFT, FINAL, WINDOW_S, best, false, loose, post
from testkit.market import key
from testkit.refusals import refused

NEEDED = 2
OWNER = 3
"""Seat of the endorser whose account is a contract."""


@pytest.fixture(scope="module")
def keys():
    """The endorsers' keys by seat; that of the last signs for a contract."""
    return [key(f"endorser {seat}") for seat in range(OWNER + 1)]


@pytest.fixture(scope="module")
def endorsers(SmartAccount, community, keys):
    account = accounts[0].deploy(SmartAccount, keys[OWNER].address)
    return [*(key_.address for key_ in keys[:OWNER]), account.address]


@pytest.fixture
def endorsed(community, agent, endorsers, alice, bob, carol, dan):
    """A contest that asks for two of four endorsements; the best matching is proposed in it."""
    market = community.open_market(
        challenge_window_s=WINDOW_S,
        bond_upoints=BOND_UPOINTS,
        endorsements=NEEDED,
        endorsers=keccak(encode(["address[]"], [endorsers])),
    )
    post(market, alice, bob, carol, dan)
    market.close()
    market.propose(best(market))
    return market


@pytest.fixture
def endorse(community, endorsed, keys):
    """Signatures of these seats over the latest proposal, or what is changed of it."""

    def _endorse(*seats, **changes):
        message = {
            "market": endorsed.id,
            "agent": community.agent.address,
            "trades": keccak(b"".join(trade_tree(chunk).root for chunk in endorsed.chunks)),
            "objective": sum(1_000_000 if trade.buy_id == 0 else 750_000 for trade in endorsed.chunks[0]),
        } | changes
        return [(seat, sign(keys[seat], community.domain("Clearing"), "Endorsement", message)) for seat in seats]

    return _endorse


@pytest.mark.parametrize(
    "change",
    [lambda e: [], lambda e: e[:-1], lambda e: [*e, e[0]], lambda e: e[::-1], lambda e: [*e[:-1], e[0]]],
    ids=["none", "one left out", "one added", "reordered", "one replaced"],
)
def test_refuses_another_list(endorsed, endorsers, endorse, change):
    with refused("Clearing_WrongEndorsers", endorsed.id):
        endorsed.seal(change(endorsers), endorse(0, 1))


@pytest.mark.parametrize("have", [0, 1])
def test_refuses_too_few(endorsed, endorsers, endorse, have):
    with refused("Clearing_TooFewEndorsements", endorsed.id, have, NEEDED):
        endorsed.seal(endorsers, endorse(*range(have)))


@pytest.mark.parametrize("seats", [(1, 0), (1, 1), (0, 2, 1)], ids=["falling", "twice", "falling later"])
def test_refuses_seats_out_of_order(endorsed, endorsers, endorse, seats):
    """So that nobody counts twice."""
    with refused("Clearing_BadEndorsement", "0x" + "00" * 20):
        endorsed.seal(endorsers, endorse(*seats))


@pytest.mark.parametrize("seat", [OWNER + 1, 255])
def test_refuses_a_seat_beyond_the_list(endorsed, endorsers, endorse, seat):
    signatures = endorse(0, 1)
    with refused("Clearing_BadEndorsement", "0x" + "00" * 20):
        endorsed.seal(endorsers, [signatures[0], (seat, signatures[1][1])])


@pytest.mark.parametrize(
    "changes",
    [
        {"market": bytes(32)},
        {"agent": "0x" + "11" * 20},
        {"trades": keccak(b"")},
        {"objective": 1_750_001},
    ],
    ids=["market", "agent", "trades", "objective"],
)
def test_refuses_a_signature_of_something_else(endorsed, endorsers, endorse, changes):
    with refused("Clearing_BadEndorsement", endorsers[1]):
        endorsed.seal(endorsers, endorse(0) + endorse(1, **changes))


@pytest.mark.parametrize("signature", [b"", bytes(65), b"\1" * 64], ids=["empty", "zeros", "any"])
def test_refuses_what_is_no_signature(endorsed, endorsers, endorse, signature):
    with refused("Clearing_BadEndorsement", endorsers[0]):
        endorsed.seal(endorsers, [(0, signature), *endorse(1)])


def test_refuses_the_signature_of_another_seat(endorsed, endorsers, endorse):
    signature = endorse(0)[0][1]
    with refused("Clearing_BadEndorsement", endorsers[1]):
        endorsed.seal(endorsers, [(0, signature), (1, signature)])


def test_refuses_a_contract_that_does_not_agree(endorsed, endorsers, endorse):
    with refused("Clearing_BadEndorsement", endorsers[OWNER]):
        endorsed.seal(endorsers, [*endorse(0), (OWNER, endorse(0)[0][1])])


def test_counts_for_its_agent_only(endorsed, endorsers, endorse, rival):
    """A rival cannot seal the same trades with signatures that were given to another."""
    signatures = endorse(0, 1)
    endorsed.propose(best(endorsed), agent=rival.account)
    with refused("Clearing_BadEndorsement", endorsers[0]):
        endorsed.seal(endorsers, signatures, agent=rival.account)


def test_covers_the_dual_prices(endorsed, endorsers, endorse):
    """The same trades and objective with other dual prices are another proposal."""
    signatures = endorse(0, 1)
    endorsed.propose(false(endorsed))
    with refused("Clearing_BadEndorsement", endorsers[0]):
        endorsed.seal(endorsers, signatures)


@pytest.mark.parametrize("seats", [(0, 1), (1, 2), (0, OWNER), (0, 1, 2, OWNER)])
def test_takes_enough(clearing, endorsed, endorsers, endorse, seats):
    endorsed.seal(endorsers, endorse(*seats))
    assert clearing.activeOf(endorsed.id) == endorsed.proposal
    assert clearing.proposal(endorsed.proposal)["status"] == ACTIVE


def test_signs_the_hash_of_the_chunks(clearing, endorsed):
    assert bytes(clearing.tradesHash(endorsed.proposal)) == keccak(trade_tree(endorsed.chunks[0]).root)


def test_a_draft_without_endorsements_cannot_be_proven(endorsed):
    with refused("Clearing_WrongStatus", endorsed.proposal, DRAFT):
        endorsed.prove()


def test_a_round_cannot_be_cleared_past_the_endorsers(endorsed):
    with refused("Clearing_TooFewEndorsements", endorsed.id, 0, NEEDED):
        endorsed.clear_at_once(endorsed.links(match(endorsed.round())))


def test_an_endorsed_proposal_can_be_proven(clearing, endorsed, endorsers, endorse):
    endorsed.seal(endorsers, endorse(0, 1))
    endorsed.prove()
    assert clearing.proposal(endorsed.proposal)["status"] == FINAL


def test_an_endorsement_outlasts_being_outranked(clearing, endorsed, endorsers, endorse, rival):
    endorsed.propose(loose(endorsed))
    first, signatures = endorsed.proposal, endorse(0, 1)
    endorsed.seal(endorsers, signatures)
    endorsed.propose(false(endorsed), agent=rival.account)
    endorsed.seal(endorsers, endorse(1, 2, agent=rival.address), agent=rival.account)
    endorsed.challenge(1, 2)
    endorsed.seal(endorsers, signatures, proposal=first)
    assert clearing.activeOf(endorsed.id) == first


def test_a_market_without_endorsers_looks_at_none(clearing, contest, endorsers):
    contest.propose(best(contest))
    contest.seal(endorsers, [(0, b"")])
    assert clearing.activeOf(contest.id) == contest.proposal
