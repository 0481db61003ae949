"""What each step costs is committed: a change fails until it is recorded.

Record with ``./run pytest tests/gas --update-snapshots``.
"""

import json
from pathlib import Path

import pytest

from testkit.gas.channels import channel_gas
from testkit.gas.devicekeys import device_key_gas
from testkit.gas.measure import GasMeter, code_sizes, measuring_chain
from testkit.gas.membership import membership_gas
from testkit.gas.routers import router_gas

SNAPSHOTS = Path(__file__).parent / "snapshots"
MOST_CODE_BYTES = 24_576
"""Largest contract that a chain takes (EIP-170)."""

MOST_COMMITTED_GAS, MOST_PROOF_GAS = 50, 12_000
"""Most gas of a router's batch of 10 000 readings for each, and of a reading's proof in it."""

TARGET_GAS = 150_000
"""Most gas for one trade, from two signed orders to the end, in rounds of 100."""


def compare(name, measured, update):
    """Compare what was measured with the committed snapshot of this name."""
    path = SNAPSHOTS / f"{name}.json"
    if update:
        path.write_text(json.dumps(measured, indent=2) + "\n")
        return
    recorded = json.loads(path.read_text())
    changed = [
        f"{what}: {recorded.get(what)} -> {measured.get(what)}"
        for what in {**recorded, **measured}
        if recorded.get(what) != measured.get(what)
    ]
    assert not changed, "; ".join(changed) + ". Record with: ./run pytest tests/gas --update-snapshots"


@pytest.mark.parametrize("size", [17, 100])
def test_steps(size, update_snapshots):
    with measuring_chain() as chain:
        compare(f"round-of-{size}", GasMeter(chain, size).measure(), update_snapshots)


def test_membership(update_snapshots):
    with measuring_chain() as chain:
        compare("membership", membership_gas(chain), update_snapshots)


def test_device_keys(update_snapshots):
    compare("device-keys", device_key_gas(), update_snapshots)


def test_routers(update_snapshots):
    with measuring_chain() as chain:
        compare("routers", router_gas(chain), update_snapshots)


def test_channels(update_snapshots):
    with measuring_chain() as chain:
        compare("channels", channel_gas(chain), update_snapshots)


MOST_CHANNEL_GAS = {
    "open": 85_000,
    "close together": 70_000,
    "close alone": 65_000,
    "show a newer state": 60_000,
    "finish after the window": 55_000,
}
"""The most gas of a channel's transactions."""


@pytest.mark.parametrize("step", MOST_CHANNEL_GAS)
def test_a_channel_costs_little(step):
    gas = json.loads((SNAPSHOTS / "channels.json").read_text())
    assert gas[f"mutual: {step}"] <= MOST_CHANNEL_GAS[step]


def test_a_router_commits_to_a_reading_for_little():
    assert router_snapshot()["commit to 10000 readings, each"] <= MOST_COMMITTED_GAS


def test_the_proof_of_a_reading_costs_little():
    """What the siblings in a batch of 10 000 add, and what readings add that are proved together."""
    gas = router_snapshot()
    own, whole = (
        gas[f"prove a reading alone, beyond that, {where}"] for where in ("in a batch of its own", "meter by meter")
    )
    assert whole - own <= MOST_PROOF_GAS
    for count in (4, 24):
        assert gas[f"prove {count} readings of a meter, each, beyond that, meter by meter"] <= MOST_PROOF_GAS


def router_snapshot():
    return json.loads((SNAPSHOTS / "routers.json").read_text())


def test_code_sizes(update_snapshots):
    sizes = code_sizes()
    compare("code-bytes", sizes, update_snapshots)
    assert max(sizes.values()) <= MOST_CODE_BYTES


def test_target():
    gas = json.loads((SNAPSHOTS / "round-of-100.json").read_text())
    assert gas["sum: a trade delivered in full"] <= TARGET_GAS


def test_a_changed_number_is_noticed():
    recorded = json.loads((SNAPSHOTS / "code-bytes.json").read_text())
    with pytest.raises(AssertionError, match="Clearing: "):
        compare("code-bytes", {**recorded, "Clearing": recorded["Clearing"] + 1}, False)
