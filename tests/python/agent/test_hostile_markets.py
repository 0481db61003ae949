"""The watcher among hostile markets and large rounds: none ends it, hides another, or keeps it busy."""

import random

import pytest

from powerpact.agent import watch
from powerpact.agent.errors import JudgementTooLong
from powerpact.agent.judge import judge
from powerpact.agent.watch import Watcher
from powerpact.chain.contracts import markets, rounds
from powerpact.chain.errors import ChainUnreachable
from powerpact.market.errors import BadRules
from testkit.badlogs import renamed, seen_through
from testkit.sealed import agent, closed_market, closed_markets, follower, refuted, seal_without, watcher

pytestmark = pytest.mark.usefixtures("bonded", "sealing")

NO_TEXT = b"\xff".ljust(24, b"\0")
HIDDEN = {"0:0", "0:1"}


@pytest.fixture
def told():
    return []


# Hostile markets


@pytest.mark.parametrize(
    "given",
    [
        {"zone": NO_TEXT},
        {"names": [b"\xff\xfe\xfd", b"distance", b"credibility"]},
        {"names": [b"", b"a\\b", b"a\\b"]},
        {"categories": [b"source\x00", b"\xc3\x28"]},
        {"refund_from": (1 << 40) - 1, "zone": b"\x1b[2J".ljust(24, b"\0")},
    ],
)
def test_a_market_with_names_that_are_none_hides_neither_others_nor_itself(world, told, given):
    (bad, rules), (honest, _) = closed_markets(world, 2)
    chain = seen_through(world.chain, renamed(world.chain, bad, rules, **given))
    falsities = [seal_without(world, market, HIDDEN) for market in (bad, honest)]
    assert refuted(follower(world, chain, told).look()) == falsities
    assert any("has names that are none" in line for line in told)
    assert [market.id for market in markets.markets(chain)] == [bad, honest]
    with pytest.raises(BadRules):
        markets.market(chain, bad)


@pytest.mark.parametrize(
    "members", [{"mode": 7}, {"mechanism": 255}, {"source_category": 9}, {"price_rule": 200}, {"carrier": 99}]
)
def test_a_market_whose_rules_are_nonsense_is_told_and_passed_over(world, told, members):
    (bad, rules), (honest, _) = closed_markets(world, 2)
    chain = seen_through(world.chain, renamed(world.chain, bad, rules, **members))
    seal_without(world, bad, HIDDEN)
    false = seal_without(world, honest, HIDDEN)
    assert refuted(follower(world, chain, told).look()) == [false]
    assert any(line.startswith(f"proposal 1 of market 0x{bad.hex()[:8]} is not examined") for line in told)
    assert [market.id for market in markets.markets(chain)] == [honest]
    assert [id_ for id_, _ in markets.unreadable(chain)] == [bad]


def test_no_rules_at_all_end_the_list_of_markets(world):
    market, rules = world.open_market()
    seed = random.Random(2026)
    for _ in range(60):
        members = {
            name: seed.choice([0, 1, 7, 255]) for name in ("mode", "mechanism", "price_rule", "carrier", "income_mask")
        }
        members |= {"zone": seed.randbytes(24), "sources": seed.randbytes(8), "source_category": seed.randrange(256)}
        names = [seed.randbytes(seed.randrange(9)) for _ in range(seed.randrange(12))]
        change = renamed(world.chain, market, rules, names=names, categories=names[:3], **members)
        chain = seen_through(world.chain, change)
        known = [found.id for found in markets.markets(chain)] + [id_ for id_, _ in markets.unreadable(chain)]
        assert known == [market]


def test_what_one_proposal_does_to_the_verifier_leaves_the_others_alone(world, told, monkeypatch):
    (cursed, _), (market, _) = closed_markets(world, 2)
    first, second = (seal_without(world, id_, HIDDEN) for id_ in (cursed, market))

    def cursed_judge(posted, *others, **options):
        if posted.market.id == cursed:
            raise RecursionError("deep")
        return judge(posted, *others, **options)

    monkeypatch.setattr(watch, "judge", cursed_judge)
    watching = watcher(world, told.append)
    assert refuted(watching.look()) == [second]
    assert any("RecursionError: deep" in line for line in told)
    monkeypatch.undo()
    watching._failures[first].again_at = 0.0
    assert refuted(watching.look()) == [first]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_only_who_runs_it_ends_a_watcher(world, told, monkeypatch, stop):
    errors = iter([ValueError("odd"), ChainUnreachable("http://node", "reset"), OSError("disk"), stop()])

    def look(_):
        raise next(errors)

    monkeypatch.setattr(Watcher, "look", look)
    with pytest.raises(stop):
        watcher(world, told.append).run(poll_s=0)
    assert [line.split(";")[0] for line in told] == [
        "ValueError: odd",
        "no answer from the node at http://node: reset",
        "OSError: disk",
    ]


# Large rounds


def test_a_round_that_is_too_large_is_told_and_the_others_are_examined(world, told):
    (small, _), (large, _) = closed_markets(world, 2)
    false = seal_without(world, small, HIDDEN)
    seal_without(world, large, set())  # a trade more
    assert rounds.size_of(world.chain, large) == 4
    assert refuted(follower(world, world.chain, told, most_orders=5).look()) == [false]
    assert any("has up to 6 orders and trades, more than 5" in line for line in told)


def test_a_large_round_is_judged_in_a_process_of_its_own(world, monkeypatch):
    market, _ = closed_market(world)
    false = seal_without(world, market, HIDDEN)
    posted, chunks = rounds.read_round(world.chain, market), rounds.chunks_of(world.chain, false)
    here = judge(posted, chunks, b"")
    monkeypatch.setattr("powerpact.agent.judge.SMALL", 0)
    assert judge(posted, chunks, b"") == here == (0, 1)
    assert judge(posted, rounds.chunks_of(world.chain, agent(world, "agent").clear(market).proposal), b"") is None
    with pytest.raises(JudgementTooLong):
        judge(posted, chunks, b"", most_s=0.01)


def test_a_large_round_waits_for_the_small_ones_and_one_is_judged_a_look(world, told, monkeypatch):
    (first, _), (second, _), (small, _) = closed_markets(world, 3)
    names = ("rival", "agent", "rival")
    falsities = [
        seal_without(world, id_, HIDDEN, name) for id_, name in zip((first, second, small), names, strict=True)
    ]
    slow = {first, second}

    def judge_slowly(posted, *others, **options):
        if posted.market.id in slow:
            raise JudgementTooLong(posted.market.id, 4, 1.0)
        return judge(posted, *others, **options)

    monkeypatch.setattr(watch, "judge", judge_slowly)
    watching = watcher(world, told.append)
    found = [refuted(watching.look()) for _ in range(3)]
    assert [number for numbers in found for number in numbers] == [falsities[2]]
    assert sum("was not judged in 1 s" in line for line in told) == 2
    slow.clear()
    for failure in watching._failures.values():
        failure.again_at = 0.0
    assert refuted(watching.look()) == falsities[:2]
