"""Campaigns of trivial commands, and results, for tests."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from toolchain import campaign, results
from toolchain.campaign import Campaign, Part
from toolchain.places import ROOT
from toolchain.results import Code, Machine, Result

CODE = Code("abc1234" + 33 * "0", None)
RESULT = Result(
    campaign="bench",
    part="part",
    command=("python", "-m", "benchmarks", "part"),
    state="done",
    exit_code=0,
    started="2026-01-01T09:00:00.000+00:00",
    ended="2026-01-01T10:00:00.000+00:00",
    seconds=3_600.0,
    code=CODE,
    machine=Machine("Some CPU", 2, "Linux", 0.25),
    versions={"python": "3.12.1", "numpy": "2.4.6", "numba": "0.68.1", "scipy": "1.17.1", "ortools": "9.15.6755"},
    measurements=[{"size": 1}],
)


def result(measurements: Sequence[dict[str, Any]], **others: Any) -> Result:
    """A result of some measurements, whatever else it says."""
    return replace(RESULT, measurements=list(measurements), **others)


MEASURE = "echo '{\"n\": 1}'"
DRIVER = """
import json, signal, sys
from pathlib import Path
from toolchain.campaign import Campaign, Part, run
signal.signal(signal.SIGINT, signal.default_int_handler)
project, parts, renew, *arguments = sys.argv[1:]
parts = tuple(Part(name, tuple(command)) for name, command in json.loads(parts))
sys.exit(run(Campaign("trial", "a trial", parts, renew=tuple(json.loads(renew))), arguments, Path(project)))
"""


def git(folder: Path, *words: str) -> str:
    """What a command of Git prints in a folder."""
    names = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    done = subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@dataclass
class Trial:
    """A project, a campaign in it, and notes of what ran."""

    project: Path
    notes: Path
    campaign: Campaign

    def run(self, *arguments, **others):
        return campaign.run(replace(self.campaign, **others), arguments, self.project)

    def ran(self):
        """The parts that ran since this was asked last."""
        names = self.notes.read_text().split()
        self.notes.write_text("")
        return names

    def result(self, part):
        return results.load(self.file(part))

    def file(self, part):
        return self.project / f"reports/campaigns/trial/{part}.json"

    def part(self, name, script=MEASURE, sample=""):
        command, short = (("sh", "-c", f"echo {name} >> {self.notes}; {what}", "sh") for what in (script, sample))
        return Part(name, command, short if sample else ())

    def recorded(self):
        """The parts whose results were last put on record."""
        return (self.project / "kept/record").read_text().split()

    @contextmanager
    def started(self):
        """The campaign in a process of its own."""
        parts = json.dumps([(part.name, part.command) for part in self.campaign.parts])
        words = [str(self.project), parts, json.dumps(self.campaign.renew)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen([sys.executable, "-c", DRIVER, *words], env=environment, stdout=subprocess.PIPE)
        try:
            yield process
        finally:
            process.kill()
            process.communicate()
