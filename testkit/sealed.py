"""Rounds that are sealed on the chain of a `World`: right ones by its agent, false ones by its rival."""

from __future__ import annotations

from dataclasses import replace

from powerpact.agent import Agent
from powerpact.agent.watch import Watcher
from powerpact.chain.contracts import points, rounds
from powerpact.mechanisms.registry import SATISFACTION
from testkit.world import CONTEST, SLOT_S


def closed_market(world, **changes):
    """A market with two buyers and two sellers, its gate closed."""
    id_, rules = posted_market(world, **changes)
    world.warp(rules.closes_at)
    return id_, rules


def closed_markets(world, count):
    """Several such markets, for slots one after another, whose gates have closed at one time."""
    slot = world.next_slot()
    found = [
        posted_market(world, slot_start=slot + (1 + k) * SLOT_S, refund_from=slot + (4 + k) * SLOT_S)
        for k in range(count)
    ]
    world.warp(found[0][1].closes_at)
    return found


def posted_market(world, **changes):
    """A market with two batches of orders: alice buys and bob sells, carol buys for less and dave sells."""
    id_, rules = world.open_market(**CONTEST | changes)
    world.post(id_, world.buy("alice", rules), world.sell("bob", rules))
    world.post(id_, world.buy("carol", rules, price_upoints_per_kwh=105), world.sell("dave", rules))
    return id_, rules


def agent(world, name="agent"):
    return Agent(world.chain, world.sender(name))


def watcher(world, report=lambda _: None):
    return Watcher(world.chain, world.sender("outsider"), report)


def wallet(world, name):
    found = points.wallet_of(world.chain, world.address(name))
    return found.free_upoints, found.held_upoints


def seal_without(world, market, hidden, name="rival"):
    """Seal the best matching of a round from which an agent hides some orders."""
    posted = rounds.read_round(world.chain, market)
    round_ = posted.round()
    kept = {
        "buyers": tuple(b for b in round_.buyers if b.id not in hidden),
        "sellers": tuple(s for s in round_.sellers if s.id not in hidden),
    }
    solution = SATISFACTION.solve(replace(round_, **kept), lambda _: None)
    sender = world.sender(name)
    mined = sender.send(rounds.propose(world.chain, posted, posted.claimed_trades(solution)))
    proposal = world.chain.event(mined, "Proposed").arguments["proposal"]
    sender.send(rounds.seal(world.chain, proposal))
    return proposal


def state_of(world, proposal):
    return rounds.proposal(world.chain, proposal).status


def follower(world, chain, told, **options):
    """A watcher who sees the deployment through this chain, and notes what it reports."""
    return Watcher(chain, chain.sender(world.keys["outsider"]), told.append, **options)


def refuted(challenges):
    """The proposals that were refuted."""
    return [challenge.proposal for challenge in challenges]
