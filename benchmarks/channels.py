"""How many payments of channels a party checks, signs and has on the disk in a second.

``python -m benchmarks.channels [COUNT]`` opens channels on a node, signs as many vouchers, and has them received; then
two neighbours pay each other in 100 channels, with a commit for every 100 payments. It prints a line of JSON: payments
a second, and microseconds of processor time each; of mutual ones for both sides together.
"""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from powerpact.chain.connection import connect
from powerpact.chain.contracts import channels, points
from powerpact.chain.contracts.channels import MeteredChannel, MutualChannel
from powerpact.chain.contracts.meters import SignedReading
from powerpact.chain.local.node import Node
from powerpact.codec.eip712 import sign
from powerpact.market.channels import MeteredTerms, MutualTerms
from powerpact.market.readings import Reading
from powerpact.payments.metered import pay, receive
from powerpact.payments.mutual import Party
from powerpact.store.channels import ChannelBook
from powerpact.store.journal import Journal
from testkit.world import SLOT_S, World, make_world

COUNT = 10_000
PIECE = 100
"""Payments in a commit, and mutual channels."""

RICH_UPOINTS = 1 << 60


def _timed(count: int, work: Callable[[], Any]) -> dict[str, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return {"a_second": round(count / wall), "cpu_us_each": round(cpu / count * 1e6)}


def _book(world: World, folder: Path, name: str) -> ChannelBook:
    (folder / name).mkdir()
    return ChannelBook(Journal(folder / name, bytes(32)), world.address(name))


def _open(world: World, terms: MeteredTerms | MutualTerms) -> Any:
    world.sender("alice").send(channels.open_channel(world.chain, terms, 1_000))
    found = channels.channel(world.chain, channels.terms_id(world.chain, terms).hex())
    if isinstance(found, MeteredChannel):
        return dataclasses.replace(found, locked_upoints=RICH_UPOINTS)
    assert isinstance(found, MutualChannel)
    return found


def _readings(world: World, count: int) -> list[SignedReading]:
    meter, start = world.meters["bob"], 1_800_000_000 // SLOT_S * SLOT_S
    domain = world.chain.domain("Metering")
    made = []
    for i in range(count):
        reading = Reading.measured(
            meter.device,
            start + i * SLOT_S,
            SLOT_S,
            exported_wh=1_234,
            imported_wh=0,
            export_counter_wh=1_234 * (i + 1),
            import_counter_wh=0,
            previous_start_at=start + (i - 1) * SLOT_S if i else 0,
        )
        made.append(SignedReading(reading, sign(meter.key, domain, "Reading", reading.message())))
    return made


def _vouchers(world: World, folder: Path, count: int) -> dict[str, Any]:
    terms = MeteredTerms(world.address("alice"), world.address("bob"), world.meters["bob"].device, 90_000, 3_600, 1)
    found, readings = _open(world, terms), _readings(world, count)
    alice, bob = (_book(world, folder, name) for name in ("alice", "bob"))
    signed: list[Any] = []
    paid = _timed(count, lambda: signed.extend(pay(world.chain, alice, found, world.keys["alice"], readings)))
    own = [one.reading for one in readings]

    def take() -> None:
        for i in range(0, count, PIECE):
            receive(world.chain, bob, found, terms.receiver, signed[i : i + PIECE], own[i : i + PIECE])

    return {"vouchers signed": paid, "vouchers received": _timed(count, take)}


def _mutual(world: World, folder: Path, count: int) -> dict[str, Any]:
    parties = world.address("alice"), world.address("bob")
    found = [_open(world, MutualTerms(*parties, 3_600, serial)) for serial in range(PIECE)]
    books = {name: _book(world, folder, name) for name in ("carol", "dave")}  # books of their own, by other names
    alice = [Party(world.chain, books["carol"], one, world.keys["alice"]) for one in found]
    bob = [Party(world.chain, books["dave"], one, world.keys["bob"]) for one in found]

    def rounds() -> None:
        for _ in range(count // PIECE):
            with books["carol"].group():
                offered = [party.pay(1) for party in alice]
            with books["dave"].group():
                whole = [party.accept(one) for party, one in zip(bob, offered, strict=True)]
            with books["carol"].group():
                for party, one in zip(alice, whole, strict=True):
                    party.accept(one)

    return {"mutual payments, both sides in one process": _timed(count, rounds)}


def main(count: int) -> None:
    """Measure, and print what was found."""
    with Node() as node, tempfile.TemporaryDirectory() as folder:
        world = make_world(connect(node.rpc_url))
        for name in ("alice", "bob"):
            mint = points.mint(world.chain, world.address(name), 1_000_000, points.reference(f"channels of {name}"))
            world.sender("utility").send(mint)
            world.sender(name).send(points.deposit(world.chain, world.keys[name], 900_000))
        (Path(folder) / "metered").mkdir()
        (Path(folder) / "mutual").mkdir()
        found = _vouchers(world, Path(folder) / "metered", count)
        found |= _mutual(world, Path(folder) / "mutual", min(count, 2_000))
    print(json.dumps({"count": count, **found}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else COUNT)
