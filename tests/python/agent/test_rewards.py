"""What a watcher earns if its challenges are copied: it wrote down first what it knew, and collects that by itself."""

import pytest

from powerpact.agent import watch
from powerpact.agent.errors import JudgementTooLong
from powerpact.agent.rewards import REWARD_SHARE, TIME_TO_COMMIT_S
from powerpact.chain.contracts import refutations, rounds
from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import InsufficientEther
from powerpact.chain.local.clock import request
from powerpact.chain.transactions import Sender
from testkit.sealed import closed_market, follower, refuted, seal_without, state_of, wallet
from testkit.world import BOND_UPOINTS

pytestmark = pytest.mark.usefixtures("bonded", "sealing")

HIDDEN = {"0:0", "0:1"}
EIGHTH = BOND_UPOINTS // REWARD_SHARE
DAY_S = 86_400


@pytest.fixture
def told():
    return []


@pytest.fixture
def watcher(world, told):
    """Makes watchers of one account, as if each were the same one, started again."""
    return lambda **options: follower(world, world.chain, told, **{"commits": True, **options})


@pytest.fixture
def false(world):
    """A false proposal that stands."""
    market, _ = closed_market(world)
    return seal_without(world, market, HIDDEN)


@pytest.fixture
def sent(monkeypatch):
    """The steps that were sent."""
    send, steps = Sender.send, []

    def note(sender, call):
        steps.append(call.step)
        return send(sender, call)

    monkeypatch.setattr(Sender, "send", note)
    return steps


@pytest.fixture
def copied(world, monkeypatch):
    """Somebody sees each challenge of the watcher before it is mined, and sends it first."""
    send = Sender.send

    def outrun(sender, call):
        if call.step == "challenge" and sender.address == world.address("outsider"):
            send(world.sender("carol"), call)
        return send(sender, call)

    monkeypatch.setattr(Sender, "send", outrun)


def commit_something(world, name):
    world.sender(name).send(refutations.commit(world.chain, name.encode().ljust(32, b"\0")))


def next_block(world):
    request(world.chain.web3, "evm_mine")


def pass_a_day(world):
    world.warp(world.chain.now() + DAY_S + 1)


@pytest.mark.parametrize("is_restarted", [False, True])
def test_who_copies_a_challenge_takes_half_of_the_reward(world, watcher, false, copied, told, is_restarted):
    before = wallet(world, "carol")[0]
    watching = watcher()

    def look():
        return (watcher(commits=False) if is_restarted else watching).look()

    assert watching.look() == []
    assert state_of(world, false) is ProposalStatus.REFUTED
    assert wallet(world, "carol")[0] == before + EIGHTH
    assert wallet(world, "outsider") == (0, 0)
    next_block(world)
    look()
    (refutation,) = refutations.waiting(world.chain, [false]).values()
    assert (refutation.challenger, refutation.winner) == (world.address("carol"), world.address("outsider"))
    pass_a_day(world)
    look()
    assert wallet(world, "outsider") == (EIGHTH, 0)
    assert refutations.waiting(world.chain, [false]) == {}
    assert told[-1] == f"was awarded {EIGHTH / 1_000_000:g} points for proposal {false}"
    next_block(world)
    look()
    assert wallet(world, "outsider") == (EIGHTH, 0)


def test_without_a_commitment_who_copies_takes_all(world, watcher, false, copied):
    before = wallet(world, "carol")[0]
    assert watcher(commits=False).look() == []
    assert wallet(world, "carol")[0] == before + 2 * EIGHTH


@pytest.mark.parametrize("commits", [False, True])
def test_who_was_not_copied_shows_nothing_in_vain_but_collects(world, watcher, false, sent, commits):
    """A stranger's hash keeps an eighth of the bond open, and so does the watcher's own."""
    if not commits:
        commit_something(world, "dave")
    watching = watcher(commits=commits)
    assert refuted(watching.look()) == [false]
    assert wallet(world, "outsider") == (EIGHTH, EIGHTH)  # the second is held
    next_block(world)
    watching.look()
    pass_a_day(world)
    watching.look()
    assert wallet(world, "outsider") == (2 * EIGHTH, 0)
    assert sent == ["commit", "challenge", "award"]


def test_a_strangers_hash_is_answered_by_what_was_written_down(world, watcher, false, sent):
    """It may stand for the same orders: the earlier one wins, but only if it is shown."""
    watching = watcher()
    commit_something(world, "dave")
    assert refuted(watching.look()) == [false]
    next_block(world)
    watching.look()
    assert sent == ["commit", "commit", "challenge", "reveal"]
    (refutation,) = refutations.waiting(world.chain, [false]).values()
    assert refutation.winner == world.address("outsider")


def test_what_others_win_is_left_to_them(world, watcher, false, copied, sent):
    assert watcher(commits=False).look() == []
    commit_something(world, "dave")  # after the refutation
    next_block(world)
    watcher().look()
    pass_a_day(world)
    watcher().look()
    assert "award" not in sent
    assert "reveal" not in sent


def test_nothing_delays_a_challenge_at_the_end_of_its_window(world, watcher, false, sent, told):
    world.warp(rounds.proposal(world.chain, false).final_from - TIME_TO_COMMIT_S + 1)
    assert refuted(watcher().look()) == [false]
    assert sent == ["challenge"]
    assert any("is final soon" in line for line in told)
    assert wallet(world, "outsider") == (2 * EIGHTH, 0)


def test_a_commitment_that_fails_delays_no_challenge(world, watcher, false, monkeypatch, told):
    send = Sender.send

    def fail(sender, call):
        if call.step == "commit":
            raise InsufficientEther(sender.address, 1, 2)
        return send(sender, call)

    monkeypatch.setattr(Sender, "send", fail)
    assert refuted(watcher().look()) == [false]
    assert any(f"nothing is written down on proposal {false}" in line for line in told)


def test_a_reward_that_takes_too_long_to_prove_is_given_up(world, watcher, false, copied, monkeypatch, told):
    """The watcher must look after what can still become final."""
    watching, asked = watcher(), []
    watching.look()

    def judge_for_long(posted, *_, **__):
        asked.append(posted)
        raise JudgementTooLong(posted.market.id, posted.order_count, 120.0)

    monkeypatch.setattr(watch, "judge", judge_for_long)
    for _ in range(3):
        next_block(world)
        watching.look()
    assert len(asked) == 1
    assert sum("is given up" in line for line in told) == 1
