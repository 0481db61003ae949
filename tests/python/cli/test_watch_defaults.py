"""The limits of `powerpact watch` are those of the library."""

from powerpact.agent import watch
from powerpact.cli import contest


def test_the_command_has_the_limits_of_the_library():
    assert contest.LEAST_REWARD_UPOINTS == watch.LEAST_REWARD_UPOINTS
    assert contest.MOST_ORDERS == watch.MOST_ORDERS
