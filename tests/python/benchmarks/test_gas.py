"""Gas by size is measured and fitted, and CoW's contracts settle beside ours."""

import json

import pytest
from eth_account import Account
from eth_utils import keccak

from benchmarks import cow, gas
from benchmarks.places import RESULTS
from powerpact.chain.errors import ContractError
from testkit.gas.measure import measuring_chain


def test_growth_finds_what_a_step_is_made_of():
    by_size = {n: {"order": 5_000 + 90_000 // n + 40 * n, "constant": 7, "small": n} for n in (5, 10, 20, 50, 100)}
    del by_size[100]["small"]
    fits = gas.growth(by_size)
    assert list(fits) == ["order", "small"]
    assert fits["small"]["pair"] == 1
    assert fits["order"]["item"] == pytest.approx(5_000, abs=5)
    assert fits["order"]["fixed"] == pytest.approx(90_000, rel=0.01)
    assert fits["order"]["pair"] == pytest.approx(40, abs=1)


def test_a_small_round_is_measured():
    measured = gas.measure(3)
    assert set(measured) == {step for steps in gas.DRAWN.values() for step in steps} | {gas.PAID_AND_READ}
    assert measured[gas.PAID] == measured[gas.FUNDED] + measured[gas.SETTLE]
    assert measured[gas.CLEAR] < 300_000


def test_the_picture_and_the_table_take_what_is_recorded():
    record = json.loads(gas.RECORD.read_text())
    by_size = {int(size): measured for size, measured in record["rounds"].items()}
    lines = sum(map(len, gas.DRAWN.values()))
    assert gas.picture(by_size).count("<polyline") == lines
    assert len(gas.recorded(record)[0].rows) == len(by_size[10])


def test_cow_settles_signed_orders():
    with measuring_chain() as chain:
        settled = cow.Cow(chain, 3).settle()
    assert 100_000 < settled / 3 < 150_000


def test_cow_takes_nothing_from_who_did_not_sign():
    """Another signature is another owner, who has no tokens."""
    with measuring_chain() as chain:
        market = cow.Cow(chain, 2)
        market.buyers[0] = Account.from_key(keccak(text="a stranger"))
        with pytest.raises((ContractError, RuntimeError)):
            market.settle()


def test_the_record_tells_both_sizes():
    record = json.loads((RESULTS / "cow.json").read_text())
    assert [row["pairs"] for row in record["gas"]] == list(cow.SIZES)
