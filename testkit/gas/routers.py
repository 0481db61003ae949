"""Gas of a router's batch of 10 000 readings, and of proving readings of it, measured on a node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from powerpact.market.readings import Reading
from powerpact.market.schema import DeviceKind
from testkit.chains import NodeChain
from testkit.gas.measure import Gas
from testkit.market import SLOT_LENGTH_S, Community, key
from testkit.meters import packed, sign_readings
from testkit.routers import BATCHES, RouterBatch

METERS: Final = 400
SLOTS: Final = 25
"""A batch has a day and an hour of each meter."""

REAL: Final = 200
"""Which of the meters there is; the others are numbers."""


def router_gas(chain: NodeChain) -> Gas:
    """Gas of committing to a batch, and of proving readings instead of reporting them."""
    community = Community(chain, 1)
    owner = community.traders[0]
    router = community.bind(owner.account, key("router"), kind=DeviceKind.ROUTER)
    start = (chain.now() // SLOT_LENGTH_S + 1) * SLOT_LENGTH_S
    days = [[_reading(owner.device if m == REAL else 1_000 + m, start, k) for k in range(SLOTS)] for m in range(METERS)]
    orders = {
        "meter by meter": [reading for day in days for reading in day],
        "hour by hour": [day[k] for k in range(SLOTS) for day in days],
    }
    chain.warp(start + SLOTS * SLOT_LENGTH_S)
    batches = {order: RouterBatch(router, turn, readings) for turn, (order, readings) in enumerate(orders.items())}
    gas: Gas = {}
    for batch, first in zip(batches.values(), (", a router's first", ""), strict=True):
        signature = batch.signature(key("router"), community.domain(BATCHES))
        committed = community.send(community.agent, BATCHES, "commit", batch.head, batch.root, signature).gas_used
        gas[f"commit to {METERS * SLOTS} readings{first}"] = committed
    gas[f"commit to {METERS * SLOTS} readings, each"] = round(committed / (METERS * SLOTS))
    alone = RouterBatch(router, 2, days[REAL][1:2])
    signature = alone.signature(key("router"), community.domain(BATCHES))
    community.send(community.agent, BATCHES, "commit", alone.head, alone.root, signature)
    _report(community, days[REAL][:1])  # later readings change words that are in use
    _compare(community, gas, {"in a batch of its own": alone, **batches}, days[REAL][1:2])
    for count in (4, 24):
        _compare(community, gas, batches, days[REAL][1 : 1 + count])
    return gas


def _reading(device: int, start: int, number: int) -> Reading:
    """The reading of an hour, with counters of a meter that has been there for years."""
    return Reading.measured(
        device,
        start + number * SLOT_LENGTH_S,
        SLOT_LENGTH_S,
        exported_wh=1_234,
        imported_wh=567,
        export_counter_wh=12_345_678 + 1_234 * number,
        import_counter_wh=23_456_789 + 567 * number,
        previous_start_at=start + (number - 1) * SLOT_LENGTH_S if number else 0,
    )


def _report(community: Community, readings: Sequence[Reading]) -> int:
    arguments = packed(readings), _signatures(community, readings)
    return community.send(community.agent, "Metering", "report", *arguments).gas_used


def _signatures(community: Community, readings: Sequence[Reading]) -> list[bytes]:
    return sign_readings(community.traders[0].meter, community.domain("Metering"), readings)


def _compare(community: Community, gas: Gas, batches: dict[str, RouterBatch], readings: Sequence[Reading]) -> None:
    """Readings reported by themselves, and proved from each batch."""
    before = community.chain.snapshot()
    reported = _report(community, readings)
    community.chain.revert(before)
    what = "a reading alone" if len(readings) == 1 else f"{len(readings)} readings of a meter, each"
    gas[f"report {what}"] = round(reported / len(readings))
    for order, batch in batches.items():
        places = [batch.readings.index(reading) for reading in readings]
        arguments = batch.proved(places, _signatures(community, readings))
        proved = community.send(community.agent, BATCHES, "prove", *arguments).gas_used
        community.chain.revert(before)
        gas[f"prove {what}, beyond that, {order}"] = round((proved - reported) / len(readings))
