"""An hour of a market among enemies and bad nodes: no false round becomes final while a watcher lives.

``python -m testkit.soak [--minutes M] [--seed S]`` runs simulated minutes on an Anvil of its own. A hostile agent seals
false proposals and makes final what it can, whenever it can. Against it stand `powerpact watch` and `powerpact round
submit`, in processes of their own that reach the node through a machine that kills, hides, lags, refuses and starves at
random: see `FAULTS`. After each episode comes some quiet, as long as a challenge needs.

It prints a line of JSON for each tenth of an hour, and one at the end; the seed repeats the order of the episodes. It
ends with 1 and the proposal if a false round became final, or if a false proposal is not refuted in quiet.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from eth_utils import to_wei

from powerpact.agent.errors import ProposalFalse
from powerpact.agent.watch import require_right
from powerpact.chain.connection import connect
from powerpact.chain.contracts import points, rounds
from powerpact.chain.errors import ChainError
from powerpact.chain.local.clock import fund, request
from powerpact.chain.local.node import Node
from powerpact.errors import PowerPactError
from powerpact.keystore import Keystore
from testkit.proxy import Proxy
from testkit.sealed import posted_market, seal_without
from testkit.world import SLOT_S, World, make_world

TICK_S: Final = 60
"""Simulated time between two looks of the driver, s."""

REAL_TICK_S: Final = 3.5
"""Real time for each unless told otherwise, s: the hour takes less than five minutes."""

WINDOW_S: Final = 600
"""The challenge window, s: ten ticks. Of five an episode takes at most three, and then come two of quiet."""

LONGEST: Final = 3
"""Ticks of the longest episode."""

QUIET: Final = 2
"""Ticks between two episodes."""

PATIENCE_S: Final = 120.0
"""How long the watcher may take in quiet to refute everything, real time, s."""

ROUND_S: Final = 300
"""A market opens each five minutes, and its gate closes after two."""

BOND_UPOINTS: Final = 400_000
PASSWORD: Final = "only for this run"
HIDDEN: Final = ({"0:0"}, {"0:1"}, {"0:0", "0:1"}, {"1:0", "1:1"}, {"0:0", "1:0"})
LOSSES: Final = ("OrdersPlaced", "TradesProposed", "ProposalSealed", "Proposed", "MarketOpened")


class FalseRoundFinal(Exception):
    """What must never happen."""


@dataclass
class Service:
    """A command of `powerpact` in a process of its own, started again when it has ended."""

    words: Sequence[str]
    environment: dict[str, str]
    log: Path
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None

    def ensure(self) -> None:
        """Start it unless it runs."""
        if self.process is None or self.process.poll() is not None:
            self.starts += 1
            command = [str(Path(sys.executable).with_name("powerpact")), *self.words]
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it without a warning, as a loss of power does."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class Soak:
    """One run.

    Parameters
    ----------
    world : World
        Where it happens, seen without a proxy.
    gate : Proxy
        What the services see of it.
    watcher : Service
        The watcher.
    folder : Path
        For the services' files.
    dice : random.Random
        Decides everything.
    tick_s : float
        Real time for each tick, s.
    """

    world: World
    gate: Proxy
    watcher: Service
    folder: Path
    dice: random.Random
    tick_s: float = REAL_TICK_S
    markets: list[bytes] = field(default_factory=list)
    agents: list[Service] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    deck: list[str] = field(default_factory=list)
    slowest_s: float = 0.0
    checked: set[bytes] = field(default_factory=set)

    def run(self, minutes: int) -> None:
        """Let so many simulated minutes pass, then the quiet in which everything must come right."""
        left, quiet, end = 0, QUIET, lambda: None
        ticks = minutes * 60 // TICK_S
        for tick in range(ticks + WINDOW_S // TICK_S + 2):
            begun = time.monotonic()
            if tick * TICK_S % ROUND_S == 0 and tick < ticks:
                self.open()
            if left:
                left -= 1
                if not left:
                    end()
                    quiet = QUIET
            elif quiet:
                quiet -= 1
                if not quiet:
                    self.settle_down()
            elif tick < ticks:
                left, end = self.dice.randint(1, LONGEST), self.begin()
            self.watcher.ensure()
            self.act(may_seal=tick < ticks)
            self.check()
            time.sleep(max(self.tick_s - (time.monotonic() - begun), 0.5))
            request(self.world.chain.web3, "evm_mine", self.world.chain.now() + TICK_S)
            if tick and tick * TICK_S % 360 == 0:
                print(json.dumps({"minute": tick * TICK_S // 60, **self.counts}), flush=True)
        self.settle_down()
        self.check()

    def settle_down(self) -> None:
        """Let the watcher refute what is false, while the chain's time stands still: a slow machine is no enemy."""
        begun = time.monotonic()
        while any(map(self.is_false, self.active())):
            if time.monotonic() - begun > PATIENCE_S:
                raise FalseRoundFinal(f"of proposals {self.active()} one is false, and nobody refutes it in quiet")
            self.watcher.ensure()
            time.sleep(0.2)
        self.slowest_s = max(self.slowest_s, time.monotonic() - begun)

    def active(self) -> list[int]:
        """The active proposals."""
        return [number for market in self.markets if (number := rounds.active_of(self.world.chain, market))]

    # What happens on the chain

    def open(self) -> None:
        """Open a market with two batches of orders whose gate closes in two minutes."""
        with self.tried("open"):
            now = self.world.chain.now()
            slot = (now // SLOT_S + 2 + len(self.markets)) * SLOT_S
            market, _ = posted_market(
                self.world,
                slot_start=slot,
                closes_at=now + 2 * TICK_S,
                final_by=now + 20 * TICK_S,
                refund_from=slot + 3 * SLOT_S + 5 * WINDOW_S,
                challenge_window_s=WINDOW_S,
                bond_upoints=BOND_UPOINTS,
            )
            self.markets.append(market)

    def act(self, *, may_seal: bool) -> None:
        """The hostile agent: make final what is active, seal what is false. Now and then an honest one joins in."""
        chain = self.world.chain
        for market in self.markets:
            with self.tried("seal"):
                if rounds.final_of(chain, market):
                    continue
                active = rounds.active_of(chain, market)
                if active:
                    state = rounds.proposal(chain, active)
                    if chain.now() >= state.final_from:
                        self.world.sender("rival").send(rounds.finalize(chain, active))
                elif may_seal and self.dice.random() < 0.7:
                    seal_without(self.world, market, self.dice.choice(HIDDEN))
                    self.counts["sealed"] += 1
        if may_seal and self.markets and self.dice.random() < 0.05:
            words = ("round", "submit", f"0x{self.markets[-1].hex()}", "-a", "agent")
            environment = self.watcher.environment | {"POWERPACT_DATA": str(self.folder / "agent")}
            self.agents.append(Service(words, environment, self.folder / "agent.log"))
            self.agents[-1].ensure()
            self.counts["agents"] += 1

    @contextmanager
    def tried(self, what: str) -> Iterator[None]:
        """A move that the contracts may refuse, or a reorganisation may undo."""
        try:
            yield
        except PowerPactError as error:
            self.counts[f"refused {what}"] += 1
            (self.folder / "driver.log").open("a").write(f"{what}: {error}\n")

    # What must hold

    def check(self) -> None:
        """No final round is false."""
        for market in self.markets:
            final = rounds.final_of(self.world.chain, market)
            if final and market not in self.checked:
                self.checked.add(market)
                self.counts["final"] += 1
                if self.is_false(final):
                    raise FalseRoundFinal(f"proposal {final} is final, and false")
        self.counts["refuted"] = len(self.world.chain.events("Clearing", "ProposalRefuted"))

    def is_false(self, proposal: int) -> bool:
        """Whether orders refute it."""
        try:
            require_right(self.world.chain, proposal)
        except ProposalFalse:
            return True
        return False

    # What goes wrong

    def begin(self) -> Callable[[], None]:
        """Begin an episode, each kind once before any comes again; gives what ends it."""
        if not self.deck:
            self.deck = sorted(FAULTS)
            self.dice.shuffle(self.deck)
        name = self.deck.pop()
        self.counts[f"fault {name}"] += 1
        return FAULTS[name](self)

    def kill(self) -> Callable[[], None]:
        for service in (self.watcher, *self.agents):
            service.kill()
        self.agents.clear()
        return lambda: None

    def hide(self) -> Callable[[], None]:
        event = self.dice.choice(LOSSES)
        chain = self.world.chain
        topic = next(f"0x{i.events[event].topic.hex()}" for i in chain.interfaces.values() if event in i.events)
        since = max(chain.web3.eth.block_number - self.dice.randrange(40), 0)
        self.gate.hidden = lambda entry: entry["topics"][0] == topic and int(entry["blockNumber"], 16) >= since

        def end() -> None:
            self.gate.hidden = None

        return end

    def lag(self) -> Callable[[], None]:
        self.gate.lag = self.dice.randint(1, 4)

        def end() -> None:
            self.gate.lag = 0

        return end

    def cap(self) -> Callable[[], None]:
        self.gate.busy = [self.dice.choice(["429", "rate", ""]) for _ in range(self.dice.randint(5, 40))]
        self.gate.longest_range = self.dice.choice([1, 7, 50])

        def end() -> None:
            self.gate.busy, self.gate.longest_range = [], None

        return end

    def drop(self) -> Callable[[], None]:
        self.gate.down = True

        def end() -> None:
            self.gate.down = False

        return end

    def starve(self) -> Callable[[], None]:
        account, web3 = self.world.address("wendy"), self.world.chain.web3
        request(web3, "anvil_setBalance", account, hex(1))
        return lambda: request(web3, "anvil_setBalance", account, hex(to_wei(10, "ether"))) and None

    def reorganise(self) -> Callable[[], None]:
        """Replace the last blocks by empty ones, unless that decides a round: no watcher can help that."""
        chain = self.world.chain
        states = [rounds.proposal(chain, number) for number in self.active()]
        if all(state.final_from > chain.now() + WINDOW_S // 2 for state in states):
            with suppress(ChainError):
                request(chain.web3, "anvil_reorg", self.dice.randint(1, 3), [])
                self.counts["reorganised"] += 1
        return lambda: None


FAULTS: Final[dict[str, Callable[[Soak], Callable[[], None]]]] = {
    "kill": Soak.kill,
    "hide": Soak.hide,
    "lag": Soak.lag,
    "cap": Soak.cap,
    "drop": Soak.drop,
    "starve": Soak.starve,
    "reorganise": Soak.reorganise,
}
"""Processes are killed; logs are lost, for a while; the machine lags behind; it answers little; it answers nothing; the
watcher has no ether; the last blocks leave the chain."""


@contextmanager
def prepared(folder: Path, seed: int) -> Iterator[Soak]:
    """A world with its enemy, and the services behind their proxy."""
    with Node(base_fee_wei=0) as node, Proxy(node.rpc_url) as gate:
        world = make_world(connect(node.rpc_url))
        keystore = Keystore(folder / "keys" / "keystore")
        for name in ("wendy", "agent"):
            keystore.create(name, PASSWORD)
            world.keys[name] = keystore.unlock(name, PASSWORD)
        fund(world.chain.web3, [world.address(name) for name in ("wendy", "agent")], to_wei(10, "ether"))
        for name in ("agent", "rival", "alice", "carol"):
            amount = 500 * BOND_UPOINTS
            mint = points.mint(world.chain, world.address(name), amount, points.reference(f"soak of {name}"))
            world.sender("utility").send(mint)
            world.sender(name).send(points.deposit(world.chain, world.keys[name], amount))
        world.chain.deployment.save(folder / "deployment.json")
        (folder / "password").write_text(PASSWORD)
        environment = os.environ | {
            "POWERPACT_RPC": gate.url,
            "POWERPACT_HOME": str(folder / "keys"),
            "POWERPACT_PASSWORD_FILE": str(folder / "password"),
            "POWERPACT_DEPLOYMENT": str(folder / "deployment.json"),
            "POWERPACT_DATA": str(folder / "watcher"),
        }
        watcher = Service(("watch", "-a", "wendy", "--poll", "0.5"), environment, folder / "watcher.log")
        soak = Soak(world, gate, watcher, folder, random.Random(seed))
        try:
            yield soak
        finally:
            soak.kill()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; 1 if a false round became final."""
    parser = argparse.ArgumentParser(description="Simulated time of a market among enemies and bad nodes.")
    parser.add_argument("--minutes", type=int, default=60, help="simulated minutes")
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--tick", type=float, default=REAL_TICK_S, help="real seconds for a simulated minute")
    parser.add_argument("--keep", type=Path, help="a folder for the logs of the services; by default they are deleted")
    chosen = parser.parse_args(arguments)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        with prepared(folder, chosen.seed) as soak:
            fault, soak.tick_s = "", chosen.tick
            try:
                soak.run(chosen.minutes)
            except FalseRoundFinal as error:
                fault = str(error)
            result: dict[str, Any] = {
                "minutes": chosen.minutes,
                "seed": chosen.seed,
                "seconds": round(time.monotonic() - begun, 1),
                "watchers": soak.watcher.starts,
                "slowest_s": round(soak.slowest_s, 1),
                "fault": fault,
                **soak.counts,
            }
    print(json.dumps(result), flush=True)
    if fault:
        print(fault, file=sys.stderr)
    return int(bool(fault))


if __name__ == "__main__":
    sys.exit(main())
