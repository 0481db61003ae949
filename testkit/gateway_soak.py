"""Many meters behind one bridge while broker, bridge and node are killed and the chain reorganises.

``python -m testkit.gateway_soak [--devices N] [--intervals M] [--seed S] [--every SECONDS]`` lets a gateway publish the
readings of all meters, interval after interval. Meanwhile it kills one part after another, without a warning, and
starts it again, each time once there is progress. What the gateway does not find on the chain after a while it
publishes again, as ``powerpact meter publish`` does. In the end each reading must be on the chain once, in the order of
its device's intervals, and final.

It prints a line of JSON now and then, and one at the end; it ends with 1 and what is wrong otherwise.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from eth_utils import to_wei

from powerpact.chain.connection import connect
from powerpact.chain.contracts import meters
from powerpact.chain.contracts.meters import SignedReading
from powerpact.chain.errors import ChainError
from powerpact.chain.local.clock import ChainClock, fund, request
from powerpact.chain.local.node import Node, free_port
from powerpact.devices.broker import Broker
from powerpact.keystore import Keystore
from powerpact.market.readings import Reading
from powerpact.store import Journal, Readings
from powerpact.store.folder import Identity, folder_for
from testkit.broker import BrokerProcess
from testkit.gateways import BATCH, Gateway, Publishing, make_gateway
from testkit.soak import Service
from testkit.world import World, make_world

PASSWORD: Final = "only for this run"
CONFIRMATIONS: Final = 256
"""More blocks than a node loses that is killed."""

STALLED_S: Final = 4.0
"""After this time without progress the gateway publishes again what the chain lacks; then after twice the time."""

STALLED_OF_DEVICE_S: Final = 0.01
"""For each device it waits so much longer."""

MOST_INTERVALS_AGAIN: Final = 4
"""Of so many intervals at a time, the earliest ones: the chain waits for these."""

LOOK_OF_DEVICE_S: Final = 0.001
"""Between two looks at what the chain has, for each device, s."""

START_S: Final = 180.0
"""How long the bridge may take to start on a busy machine."""

FAULTS: Final = ("kill bridge", "kill broker", "kill node", "reorganise")


class ReadingsWrong(Exception):
    """What must never happen."""


@dataclass
class Soak:
    """One run."""

    node: Node
    world: World
    broker: BrokerProcess
    bridge: Service
    gateway: Gateway
    publishing: Publishing
    dice: random.Random
    every_s: float
    ahead_s: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    deck: list[str] = field(default_factory=list)
    bridge_mb: int = 0
    started: int = 0
    said_at_start: int = 0

    def run(self, patience_s: float) -> float:
        """Let everything happen until all readings are on the chain; the seconds that it took."""
        begun = progressed = told = time.monotonic()
        faulted, had_at_fault, had = begun, 0, 0
        devices = len(self.gateway.meters)
        patient_s = stalled_s = STALLED_S + devices * STALLED_OF_DEVICE_S
        while True:
            now = time.monotonic()
            self.bridge.ensure()
            self.look_at_memory()
            with suppress(ChainError):
                request(self.world.chain.web3, "evm_mine")  # blocks come by themselves
                missing = self.missing()
                have = len(self.gateway.readings) - len(missing)
                if not missing:
                    return now - begun
                if have > had:
                    had, progressed, stalled_s = have, now, patient_s
                elif now - progressed > stalled_s:
                    again = missing[: MOST_INTERVALS_AGAIN * devices]
                    self.publishing.missing, progressed, stalled_s = again, now, 2 * stalled_s
                    self.counts["published again"] += len(again)
                if now - told > 10:
                    told = now
                    print(json.dumps({"seconds": round(now - begun), "on the chain": have, **self.counts}), flush=True)
            if now - faulted > self.every_s and had > had_at_fault:
                self.fault()
                faulted, had_at_fault = time.monotonic(), had
            if now - begun > patience_s:
                raise ReadingsWrong(f"{len(self.gateway.readings) - had} readings are missing after {patience_s} s")
            time.sleep(max(0.3, devices * LOOK_OF_DEVICE_S))

    def look_at_memory(self) -> None:
        """Note the largest memory of a bridge at work, on Linux: once it has said something, after its key is unlocked.

        To unlock a key takes 256 MB, for a second.
        """
        process, said = self.bridge.process, self.bridge.log.stat().st_size
        if process is None or self.bridge.starts != self.started:
            self.started, self.said_at_start = self.bridge.starts, said
        elif said > self.said_at_start:
            with suppress(OSError):
                found = re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
                self.bridge_mb = max(self.bridge_mb, int(found[1]) // 1024 if found else 0)

    def missing(self) -> list[SignedReading]:
        """What is not on the chain, in its order."""
        last = meters.last_starts(self.world.chain, [meter.device for meter in self.gateway.meters])
        return [signed for signed in self.gateway.readings if signed.reading.start_at > last[signed.reading.device]]

    def fault(self) -> None:
        """One fault, each kind once before any comes again."""
        if not self.deck:
            self.deck = [*FAULTS]
            self.dice.shuffle(self.deck)
        name = self.deck.pop()
        self.counts[name] += 1
        if name == "kill bridge":
            self.bridge.kill()
        elif name == "kill broker":
            self.broker.kill()
            time.sleep(self.dice.random())
            self.broker.start()
        elif name == "kill node":
            self.kill_node()
        else:
            with suppress(ChainError):
                request(self.world.chain.web3, "anvil_reorg", self.dice.randint(1, 3), [])

    def kill_node(self) -> None:
        """Kill the node and start it again; it goes on from what it wrote last.

        It does not write its file in one step. Where it was killed while it wrote, the file of before is put back.
        """
        file = Path(str(self.node.state))
        before = file.with_suffix(".before")
        shutil.copyfile(file, before)
        while not _is_whole(before):
            time.sleep(0.1)
            shutil.copyfile(file, before)
        time.sleep(self.dice.random() * (self.node.state_interval_s or 0))
        assert self.node.pid is not None
        os.killpg(self.node.pid, signal.SIGKILL)
        self.node.stop()
        if not _is_whole(file):
            shutil.copyfile(before, file)
        time.sleep(self.dice.random())
        self.node.start()
        with suppress(ChainError):
            ChainClock(self.world.chain.web3).advance_to(int(time.time()) + self.ahead_s)

    def settle(self, readings: Readings, patience_s: float = 60.0) -> None:
        """Let the last transactions become final, then stop the bridge as a service is stopped."""
        deadline = time.monotonic() + patience_s
        while readings.counts().keys() - {"final", "refused"}:
            self.bridge.ensure()
            with suppress(ChainError):
                request(self.world.chain.web3, "anvil_mine", 8)
            if time.monotonic() > deadline:
                raise ReadingsWrong(f"not all is final: {readings.counts()}")
            time.sleep(0.2)
        assert self.bridge.process is not None
        self.bridge.process.send_signal(signal.SIGTERM)
        if self.bridge.process.wait(30) != 0:
            raise ReadingsWrong("the bridge did not end in peace")

    def check(self) -> None:
        """Each reading is on the chain once, as it was signed, in the order of its device's intervals."""
        found: dict[int, list[Reading]] = {}
        for event in self.world.chain.events("Metering", "ReadingsReported"):
            for reading in map(Reading.unpack, event.arguments["readings"]):
                found.setdefault(reading.device, []).append(reading)
        wanted: dict[int, list[Reading]] = {}
        for signed in self.gateway.readings:
            wanted.setdefault(signed.reading.device, []).append(signed.reading)
        if found != wanted:
            device = next(device for device in wanted | found if wanted.get(device) != found.get(device))
            starts = [[one.start_at for one in readings.get(device, [])] for readings in (wanted, found)]
            raise ReadingsWrong(f"device {device} measured {starts[0]}, and the chain has {starts[1]}")


@dataclass(frozen=True, slots=True)
class Plan:
    """How large a run is, and how it goes; times in seconds."""

    devices: int
    intervals: int
    seed: int = 2026
    every_s: float = 8.0
    patience_s: float = 1_800.0
    pause_s: float = 0.0


def make_scene(folder: Path, node: Node, plan: Plan) -> tuple[World, Gateway]:
    """A deployment in whose folder a bridge can run, and meters that have reported their first interval."""
    world = make_world(connect(node.rpc_url))
    keystore = Keystore(folder / "keys" / "keystore")
    keystore.create("gateway", PASSWORD)
    fund(world.chain.web3, [keystore.unlock("gateway", PASSWORD).address], to_wei(100, "ether"))
    gateway = make_gateway(world, plan.devices, plan.intervals, plan.seed)
    for first in range(0, plan.devices, BATCH):
        piece = gateway.readings[first : min(first + BATCH, plan.devices)]
        world.sender("agent").send(meters.report(world.chain, piece))
    world.chain.deployment.save(folder / "deployment.json")
    (folder / "password").write_text(PASSWORD)
    return world, gateway


def bridge_service(folder: Path, node: Node, broker: BrokerProcess) -> Service:
    """The command in a process of its own."""
    words = ("meter", "bridge", "-a", "gateway", "--broker", broker.address, "--poll", "0.2", "--patience", "60")
    environment = {
        **os.environ,
        "POWERPACT_HOME": str(folder / "keys"),
        "POWERPACT_PASSWORD_FILE": str(folder / "password"),
        "POWERPACT_DEPLOYMENT": str(folder / "deployment.json"),
        "POWERPACT_DATA": str(folder / "data"),
        "POWERPACT_RPC": node.rpc_url,
    }
    return Service((*words, "--confirmations", str(CONFIRMATIONS)), environment, folder / "bridge.log")


def soak(folder: Path, plan: Plan) -> dict[str, object]:
    """One run in a folder; what was measured.

    Raises
    ------
    ReadingsWrong
        If a reading is missing, twice, out of order or not final.
    """
    interval_s = 1 if plan.devices * plan.intervals < 10_000 else 5  # the node writes its whole state each time
    with ExitStack() as stack:
        began = int(time.time())  # else its first block has another time after each start, and it is another chain
        state = folder / "chain.json"
        node = Node(base_fee_wei=0, port=free_port(), timestamp_s=began, state=state, state_interval_s=interval_s)
        stack.enter_context(node)
        world, gateway = make_scene(folder, node, plan)
        ahead_s = max(0, world.chain.now() - int(time.time()))
        time.sleep(2 * interval_s)  # until the node has written down what must survive
        broker = stack.enter_context(BrokerProcess(folder))
        bridge = bridge_service(folder, node, broker)
        stack.callback(bridge.kill)
        bridge.ensure()
        _wait_for_the_bridge(folder / "bridge.log")
        where = Broker.parse(broker.address, tls=False)
        publishing = Publishing(where, gateway.readings[plan.devices :], plan.devices, plan.pause_s)
        thread = threading.Thread(target=publishing.run, daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(publishing.stop)
        dice = random.Random(plan.seed)
        run = Soak(node, world, broker, bridge, gateway, publishing, dice, plan.every_s, ahead_s)
        seconds = run.run(plan.patience_s)
        readings = _readings_of(world, folder / "data")
        run.settle(readings)
        run.check()
        return {
            "devices": plan.devices,
            "intervals": plan.intervals,
            "seconds": round(seconds, 1),
            "published": publishing.published,
            "duplicates offered": publishing.published - len(gateway.readings) + plan.devices,
            "bridge_mb": run.bridge_mb,
            "load": os.getloadavg()[0],
            "bridges": bridge.starts,
            "brokers": broker.starts,
            **run.counts,
            "journal": readings.counts(),
            "refused": dict(Counter(one.reason for one, _ in readings.refused())),
        }


def _readings_of(world: World, data: Path) -> Readings:
    """What the bridge has in its journal."""
    deployment = world.chain.deployment
    identity = Identity.of(deployment.chain_id, deployment.addresses, deployment.block)
    return Readings(Journal(folder_for(identity, data), _genesis(world)))


def _is_whole(file: Path) -> bool:
    """Whether a file of JSON is not being written."""
    try:
        json.loads(file.read_bytes())
    except ValueError:
        return False
    return True


def _wait_for_the_bridge(log: Path) -> None:
    """Until it has subscribed: what comes before, the broker keeps for nobody."""
    deadline = time.monotonic() + START_S
    while not log.exists() or "takes readings" not in log.read_text():
        if time.monotonic() > deadline:
            raise ReadingsWrong(f"the bridge did not start: {log.read_text() if log.exists() else ''}")
        time.sleep(0.1)


def _genesis(world: World) -> bytes:
    found = world.chain.hash_at(0)
    assert found is not None
    return found


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m testkit.gateway_soak", description=__doc__)
    parser.add_argument("--devices", type=int, default=100)
    parser.add_argument("--intervals", type=int, default=24)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--every", type=float, default=8.0, metavar="SECONDS", help="between two faults (8)")
    parser.add_argument("--pause", type=float, default=0.0, metavar="SECONDS", help="between two intervals (0)")
    parser.add_argument("--patience", type=float, default=1_800.0, metavar="SECONDS", help="until it has failed (1800)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="keep the files and what the parts said there")
    chosen = parser.parse_args(words)
    with tempfile.TemporaryDirectory(prefix="powerpact-gateway-") as scratch:
        folder = chosen.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        try:
            plan = Plan(chosen.devices, chosen.intervals, chosen.seed, chosen.every, chosen.patience, chosen.pause)
            measured = soak(folder, plan)
        except ReadingsWrong as wrong:
            print(wrong, file=sys.stderr)
            return 1
    print(json.dumps(measured), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
