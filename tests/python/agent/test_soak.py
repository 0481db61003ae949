"""The soak test finds what it looks for: without a watcher the hostile agent's false round becomes final."""

import os
import random

import pytest

from powerpact.chain.contracts import points, rounds
from testkit import soak
from testkit.soak import FAULTS, FalseRoundFinal, Service, Soak


@pytest.fixture
def run(world, tmp_path):
    for name in ("rival", "alice", "carol"):
        mint = points.mint(world.chain, world.address(name), 10**8, points.reference(f"soak of {name}"))
        world.sender("utility").send(mint)
        world.sender(name).send(points.deposit(world.chain, world.keys[name], 10**8))
    nobody = Service(("--help",), dict(os.environ), tmp_path / "nobody.log")
    return Soak(world, None, nobody, tmp_path, random.Random(7))


def test_a_false_round_that_nobody_watches_is_found(world, run):
    run.open()
    for _ in range(5):
        world.warp(world.chain.now() + soak.WINDOW_S // 2)
        run.act(may_seal=True)
        if rounds.final_of(world.chain, run.markets[0]):
            break
    with pytest.raises(FalseRoundFinal, match="is final, and false"):
        run.check()
    assert run.counts["sealed"] == 1


def test_every_fault_comes_before_one_comes_again(run, monkeypatch):
    for name in FAULTS:
        monkeypatch.setitem(FAULTS, name, lambda _, name=name: lambda: name)
    drawn = [run.begin()() for _ in range(2 * len(FAULTS))]
    assert set(drawn[: len(FAULTS)]) == set(drawn[len(FAULTS) :]) == set(FAULTS)
