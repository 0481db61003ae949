"""The limits of `powerpact watch`, and what its help says of rewards and gas, are those of the library."""

import inspect
import json
from pathlib import Path

from powerpact.agent import rewards, watch
from powerpact.cli import contest

SNAPSHOTS = Path(__file__).parents[2] / "gas" / "snapshots"


def test_the_command_has_the_limits_of_the_library():
    assert contest.LEAST_REWARD_UPOINTS == watch.LEAST_REWARD_UPOINTS
    assert contest.MOST_ORDERS == watch.MOST_ORDERS


def test_the_help_states_the_reward_and_the_gas_of_a_challenge():
    gas = json.loads((SNAPSHOTS / "round-of-100.json").read_text())["challenge a proposal"]
    said = f"{round(gas, -4):_} gas".replace("_", " ")
    assert rewards.REWARD_SHARE == 8
    assert "an eighth of the agent's bond" in inspect.getdoc(contest.watch)
    assert said in inspect.getsource(contest.watch)
    assert said in inspect.getsource(watch)
