"""Adversaries among members, auditors and strangers, on a whole deployment (SECURITY.md lists all of them)."""

import pytest
from eth_utils import keccak

from powerpact.codec.eip712 import Domain, compact, sign
from powerpact.market.candidates import RejectionReason
from testkit.admitting import MEMBERSHIP, REASON, WINDOW_S, Admission, candidate, outcomes
from testkit.chains import EvmChain
from testkit.market import Community, key
from testkit.orders import buy, sell
from testkit.refusals import refused

REGISTRY, MOTIONS, DEVICES = "ParticipantRegistry", "Motions", "DeviceRegistry"
MEMBERS = 21
"""So many that one objection does not refuse."""

STRANGER, NEIGHBOUR = key("a stranger"), key("a neighbour")


class World:
    """A community of members, of whom one trades, and somebody who would join."""

    def __init__(self):
        self.community = Community(EvmChain(), traders=1)
        self.trader = self.community.traders[0]
        self.members = [key(f"member {i}") for i in range(MEMBERS - 1)]
        self.community.admit(self.members)
        self.send, self.read, self.chain = self.community.send, self.community.read, self.community.chain
        self.first, self.second, self.third = self.community.auditors
        self.send(NEIGHBOUR, REGISTRY, "applyFor", keccak(text="a neighbour"))
        self.chain.warp(self.chain.now() + 1)

    def announce(self, *candidates):
        """By two auditors; the number of the motion."""
        admission = Admission(candidates)
        self.send(self.first, *admission.nomination)
        self.send(self.second, *admission.approval)
        return self.read(MOTIONS, "motionCount")

    def vote_change(self, change):
        for auditor in (self.first, self.second):
            self.send(auditor, MOTIONS, "voteChange", change)
        return self.read(MOTIONS, "changeCount")

    def object(self, motion, count, since=0):
        for member in self.members[since : since + count]:
            self.send(member, MOTIONS, "object", motion, 0)

    def wait(self, seconds):
        self.chain.warp(self.chain.now() + seconds)

    def status(self, who):
        return self.community.participants([who.address])[0].status.name


@pytest.fixture
def world():
    return World()


@pytest.mark.parametrize("where", ["chain", "contract"])
def test_an_objection_for_another_chain_or_contract_counts_nothing(world, where):
    motion = world.announce(candidate(NEIGHBOUR.address))
    domain = world.community.domain(MOTIONS)
    elsewhere = {"chain": Domain(2, domain.contract), "contract": world.community.domain(REGISTRY)}[where]
    message = {"motion": motion, "candidate": 0}
    forged, honest = (compact(sign(world.members[0], each, "Objection", message)) for each in (elsewhere, domain))
    with refused("Motion_NoNewObjection", motion):
        world.send(STRANGER, MOTIONS, "objectSigned", motion, 0, [forged])
    world.send(STRANGER, MOTIONS, "objectSigned", motion, 0, [forged, honest])
    assert world.read(MOTIONS, "objectionsTo", motion, 0) == 1


@pytest.mark.parametrize("objections", [0, 2])
def test_a_motion_that_runs_outlives_its_committee(world, objections):
    """Neither does a new committee stop it, nor does the old one keep members from stopping it."""
    change = world.vote_change((world.first.address, False, 2))
    world.wait(MEMBERSHIP.committee_window_s - WINDOW_S // 2)
    someone = candidate(NEIGHBOUR.address)
    motion = world.announce(someone)
    world.wait(WINDOW_S // 2)
    world.send(STRANGER, MOTIONS, "enactChange", change)
    assert world.read(MOTIONS, "motionOf", motion)[1] > world.chain.now() + objections
    world.object(motion, objections)
    world.wait(WINDOW_S)
    shown = outcomes([someone])
    if objections:
        with refused("Motion_Refused", motion, 2, 2):
            world.send(STRANGER, REGISTRY, "admit", motion, shown)
    else:
        world.send(STRANGER, REGISTRY, "admit", motion, shown)
    assert world.status(NEIGHBOUR) == ("APPLIED" if objections else "ACTIVE")


def test_k_minus_one_auditors_decide_nothing(world):
    """One of two that it takes, who votes for everything there is to vote for."""
    device, member = world.trader.device, world.members[0]
    meter = world.trader.meter.address
    other = world.community.bind(member, key("another meter"), certified=False)
    until = world.chain.now() + 1_000
    content = {id_: world.read(DEVICES, "contentOf", id_) for id_ in (device, other)}
    for contract, function, *arguments in (
        Admission([candidate(NEIGHBOUR.address)]).nomination,
        (REGISTRY, "reject", NEIGHBOUR.address, 1, RejectionReason.OTHER),
        (REGISTRY, "suspend", member.address, until, "to silence"),
        (MOTIONS, "voteChange", (world.second.address, False, 1)),
        (DEVICES, "certify", other, content[other]),
        (DEVICES, "decertify", device, content[device], "to stop"),
        (DEVICES, "voteDistrust", meter, world.chain.now()),
    ):
        world.send(world.first, contract, function, *arguments)
    assert [world.status(who) for who in (NEIGHBOUR, member)] == ["APPLIED", "ACTIVE"]
    assert world.read(REGISTRY, "isActive", member.address)
    assert (world.read(MOTIONS, "motionCount"), world.read(MOTIONS, "changeCount")) == (2, 0)
    assert [world.read(DEVICES, "device", id_)[5] for id_ in (device, other)] == [True, False]
    assert world.read(DEVICES, "distrustedAt", meter) == 0


@pytest.mark.parametrize("objections", [1, 2, 3])
def test_the_quorum_is_reached_by_its_last_objection(world, objections):
    """Of 21 members two refuse, which is 5 % rounded up."""
    someone = candidate(NEIGHBOUR.address)
    motion, (shown,) = world.announce(someone), outcomes([someone])
    world.object(motion, objections)
    if objections < 2:
        with refused("Motion_NotRefused", motion, objections, 2):
            world.send(STRANGER, REGISTRY, "refuse", motion, shown)
        world.wait(WINDOW_S)
        world.send(STRANGER, REGISTRY, "admit", motion, [shown])
        assert world.status(NEIGHBOUR) == "ACTIVE"
    else:
        world.send(STRANGER, REGISTRY, "refuse", motion, shown)
        assert world.status(NEIGHBOUR) == "REJECTED"


def test_objectors_who_are_suspended_within_the_window_refuse_all_the_same(world):
    someone = candidate(NEIGHBOUR.address)
    motion = world.announce(someone)
    until = world.chain.now() + 5_000
    for member in world.members[:2]:
        for auditor in (world.first, world.second):
            world.send(auditor, REGISTRY, "suspend", member.address, until, "to silence")
        assert not world.read(REGISTRY, "isActive", member.address)
    world.object(motion, 2)
    world.wait(WINDOW_S)
    with refused("Motion_Refused", motion, 2, 2):
        world.send(STRANGER, REGISTRY, "admit", motion, outcomes([someone]))


def test_nobody_occupies_what_is_anothers(world):
    """Hashes, numbers, tags, accounts and UIDs that a stranger takes first keep nobody out."""
    newcomer, tag = key("a newcomer"), keccak(text="whose the newcomer is")
    for who in (STRANGER, newcomer):  # the same hash of attributes
        world.send(who, REGISTRY, "applyFor", keccak(text="the newcomer's attributes"))
    member = world.members[0]
    by_thief = sign(STRANGER, world.community.domain(REGISTRY), "Link", _link(member, newcomer, 2))
    with refused("Registry_WrongStatus", newcomer.address, 1, 0):
        world.send(member, REGISTRY, "link", newcomer.address, by_thief)
    unused = key("an account to come")
    with refused("Registry_BadSignature", unused.address):
        world.send(member, REGISTRY, "link", unused.address, by_thief)
    world.send(STRANGER, "Credentials", "revoke", tag)  # as if it were a UID
    auditors = sorted((auditor.address for auditor in (world.first, world.second)), key=str.lower)
    assert not world.read("Credentials", "isRevoked", tag, auditors, 2)
    with refused("Auditors_NotAuditor", STRANGER.address):  # the tag: nobody but auditors names it
        world.send(STRANGER, MOTIONS, "nominate", [candidate(STRANGER.address, tag=tag).pack()], REASON)
    someone = candidate(newcomer.address, tag=tag)
    motion = world.announce(someone)
    world.wait(WINDOW_S)
    world.send(STRANGER, REGISTRY, "admit", motion, outcomes([someone]))
    assert world.read(REGISTRY, "personOf", tag) == world.community.person_of(newcomer.address) != 0


def _link(member, account, application):
    return {"member": member.address, "account": account.address, "application": application}


def test_strangers_with_many_accounts_have_no_weight(world):
    members, someone = world.read(MOTIONS, "memberCount"), candidate(NEIGHBOUR.address)
    crowd = [key(f"sybil {i}") for i in range(100)]
    for who in crowd:
        world.send(who, REGISTRY, "applyFor", keccak(text="one and the same person"))
    motion = world.announce(someone)
    announced_at, _, counted, quorum, _, _ = world.read(MOTIONS, "motionOf", motion)
    assert (world.read(MOTIONS, "memberCount"), counted, quorum) == (members, members, 2)
    message = {"motion": motion, "candidate": 0}
    signed = [compact(sign(who, world.community.domain(MOTIONS), "Objection", message)) for who in crowd]
    with refused("Motion_NoNewObjection", motion):
        world.send(STRANGER, MOTIONS, "objectSigned", motion, 0, signed)
    with refused("Motion_NotMember", crowd[0].address, announced_at):
        world.send(crowd[0], MOTIONS, "object", motion, 0)
    with refused("Motion_NotMember", crowd[0].address, world.chain.now() + 1):
        world.send(crowd[0], MOTIONS, "proposeChange", (world.first.address, False, 1))
    assert not world.read(REGISTRY, "isActive", crowd[0].address)
    # One person with many accounts, of whom the authority makes one tag, is one member.
    tag = keccak(text="one and the same person")
    together = [candidate(who.address, tag=tag) for who in crowd[:8]]
    motion = world.announce(*together)
    world.wait(WINDOW_S)
    world.send(STRANGER, REGISTRY, "admit", motion, outcomes(together))
    assert world.read(MOTIONS, "memberCount") == members + 1
    assert [world.status(who) for who in crowd[:8]] == ["LEFT"] * 7 + ["ACTIVE"]


def test_what_k_colluding_auditors_can_do_while_members_are_silent(world):
    """They admit strangers, give a member's place away, suspend, and appoint their friends."""
    victim = world.members[0]
    for who in (STRANGER, key("a friend")):
        world.send(who, REGISTRY, "applyFor", keccak(text="nobody looked at it"))
    of_victim = world.community.person_of(victim.address)
    taken = [candidate(STRANGER.address), candidate(key("a friend").address, tag=candidate(victim.address).tag)]
    motion, change = world.announce(*taken), world.vote_change((STRANGER.address, True, 2))
    world.wait(MEMBERSHIP.committee_window_s)
    world.send(STRANGER, REGISTRY, "admit", motion, outcomes(taken))
    world.send(STRANGER, MOTIONS, "enactChange", change)
    assert world.status(STRANGER) == "ACTIVE"
    assert (world.status(victim), world.community.person_of(key("a friend").address)) == ("LEFT", of_victim)
    assert world.read(MOTIONS, "isAuditor", STRANGER.address)


def test_what_k_colluding_auditors_cannot_do(world):
    """Touch money or orders, silence members, keep them from another committee, or admit whom they refuse."""
    community, trader = world.community, world.trader
    community.endow(trader, 10**9)
    market = community.open_market()
    market.place(trader, buy(trader))
    wallet = world.read("Accounts", "walletOf", trader.address)
    state = world.read("OrderBook", "batchState", market.id, 0)
    until = world.chain.now() + 20_000
    for auditor in (world.first, world.second):
        for member in (trader.account, *world.members[:3]):
            world.send(auditor, REGISTRY, "suspend", member.address, until, "to silence")
    with refused("Order_TraderNotActive", 0, trader.address):
        market.place(trader, sell(trader))
    assert world.read("Accounts", "walletOf", trader.address) == wallet
    assert world.read("OrderBook", "batchState", market.id, 0) == state
    market.cancel(trader, 0)  # who is suspended has a way out
    change = world.vote_change((STRANGER.address, True, 2))
    for member in world.members[:3]:
        world.send(member, MOTIONS, "objectToChange", change)
    someone = candidate(NEIGHBOUR.address)
    motion = world.announce(someone)
    world.object(motion, 2)
    world.wait(MEMBERSHIP.committee_window_s)
    with refused("Motion_Refused", change, 3, 3):
        world.send(STRANGER, MOTIONS, "enactChange", change)
    with refused("Motion_Refused", motion, 2, 2):
        world.send(STRANGER, REGISTRY, "admit", motion, outcomes([someone]))
    world.send(world.members[0], MOTIONS, "proposeChange", (world.first.address, False, 2))
    world.send(world.members[1], MOTIONS, "supportChange", 1)
    world.send(STRANGER, MOTIONS, "announceChange", 1)
    world.wait(MEMBERSHIP.committee_window_s)
    world.send(STRANGER, MOTIONS, "enactChange", 2)
    assert not world.read(MOTIONS, "isAuditor", world.first.address)
