"""The market day, moment by moment: what can be called then, and by whom."""

from __future__ import annotations

from collections.abc import Iterator

from testkit.powers.cast import Stage
from testkit.powers.channels import channels
from testkit.powers.contest import contest
from testkit.powers.delivery import delivery
from testkit.powers.gate import gate
from testkit.powers.people import people
from testkit.powers.scenes import Scene


def day(stage: Stage) -> Iterator[list[Scene]]:
    """The scenes of each moment. After each, the day goes on as if nobody had tried anything."""
    yield from people(stage)
    yield from channels(stage)
    yield from gate(stage)
    yield from contest(stage)
    yield from delivery(stage)
