"""Campaigns: longer work outside `./run test`, in parts, that can be resumed and leaves a dated record.

Each part is a command. What it prints on standard output as one JSON object per line are its measurements; everything
else that it prints is shown. The result of a part is written the moment it ends, to
`reports/campaigns/CAMPAIGN/PART.json`, and counts as long as the code is the same.
"""

import argparse
import contextlib
import fcntl
import json
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from toolchain import commands, results
from toolchain.places import ROOT, SetupError
from toolchain.results import Result, State

SAMPLES_S = 180.0
"""Time of the samples of all parts of all campaigns together."""

LEAST_S = 180.0
"""What a sample has to measure something even if the others took all the time."""

FOLDER = Path("reports/campaigns")
WIDTH = 36  # of a column of names
POLL_S = 0.1
READER_S = 5.0  # for what is left in the pipe of a command that has ended


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its command, a short version of it for `./run samples` if it has one, and whether it is asked for."""

    name: str
    command: tuple[str, ...]
    sample: tuple[str, ...] = ()
    only_by_name: bool = False


@dataclass(frozen=True, slots=True)
class Campaign:
    """A list of parts, and what renews the committed record.

    `renew` is a command that gets the paths of the results of the present code; `records` are the paths that it
    writes, which do not belong to the code; `packages` are those whose versions matter.
    """

    name: str
    about: str
    parts: tuple[Part, ...]
    renew: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()

    def file(self, part: Part, *, sample: bool = False) -> Path:
        """Return where the result of a part is kept."""
        return FOLDER / self.name / ("samples" if sample else "") / f"{part.name}.json"

    def named(self, names: Sequence[str]) -> list[Part]:
        """Return the parts of these names, or whose names begin with one and a hyphen; without names the usual ones."""
        for name in names:
            if not any(_is_named(part, [name]) for part in self.parts):
                there_are = ", ".join(part.name for part in self.parts)
                raise SetupError(f"{self.name} has no part {name!r}. There are: {there_are}.")
        return [part for part in self.parts if (_is_named(part, names) if names else not part.only_by_name)]


def run(campaign: Campaign, arguments: Sequence[str], project: Path = ROOT) -> int:
    """Run the parts that have no result of the present code, renew the record, and return the exit code."""
    chosen, words = _parse(campaign, arguments)
    parts = campaign.named(chosen.part)
    with one_at_a_time(project):
        if chosen.sample:
            return _sample([(campaign, part) for part in parts if part.sample], project)
        return _resume(campaign, parts, words, project, again=chosen.again)


def samples(campaigns: Iterable[Campaign], project: Path = ROOT) -> int:
    """Run the samples of all parts of all campaigns, and return the exit code."""
    with one_at_a_time(project):
        return _sample([(each, part) for each in campaigns for part in each.parts if part.sample], project)


def listing(campaigns: Iterable[Campaign], project: Path = ROOT) -> str:
    """Return the campaigns and their parts, and which have a result of the present code."""
    lines = []
    for campaign in campaigns:
        code = results.code_of(project, campaign.records)
        lines.append(f"./run {campaign.name}: {campaign.about}")
        for part in campaign.parts:
            result = results.load(project / campaign.file(part))
            known = result and result.state == "done" and result.code == code
            has = f"done {result.ended}" if result and known else "only by name" if part.only_by_name else ""
            lines.append(f"  {part.name:{WIDTH}}{has}".rstrip())
    return "\n".join(lines)


@contextlib.contextmanager
def one_at_a_time(project: Path) -> Iterator[None]:
    """Refuse to run beside another campaign in the same folder, which would disturb what both measure."""
    folder = project / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError("a campaign is running in this folder already; wait for it, or stop it.") from None
        yield


def _parse(campaign: Campaign, arguments: Sequence[str]) -> tuple[argparse.Namespace, tuple[str, ...]]:
    """Split a command line into what is for the frame and, after `--`, what is for the parts."""
    parser = argparse.ArgumentParser(
        prog=f"./run {campaign.name}",
        usage=f"./run {campaign.name} [--part NAME ...] [--again | --sample] [-- WORD ...]",
        description=f"{campaign.about[:1].upper()}{campaign.about[1:]}. Parts that have a result of this commit, with "
        "the same changes if there are any, are not run again: an interrupted campaign is resumed by the same command. "
        "Words after -- are handed to each part.",
        epilog=f"parts: {', '.join(part.name for part in campaign.parts)}. A result is a file in "
        f"{FOLDER / campaign.name}.",
    )
    parser.add_argument(
        "--part", nargs="+", metavar="NAME", default=(), help="these parts, or those whose names begin with NAME-"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--again", action="store_true", help="run them even if they have a result")
    how.add_argument(
        "--sample", action="store_true", help=f"a short version of each, {SAMPLES_S:g} s in all; renews no record"
    )
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    chosen, words = parser.parse_args(arguments[:cut]), tuple(arguments[cut + 1 :])
    if chosen.sample and words:
        parser.error("a sample takes no words")
    return chosen, words


def _resume(campaign: Campaign, parts: Sequence[Part], words: tuple[str, ...], project: Path, *, again: bool) -> int:
    """Run what has no result of the present code, and renew the record of an interrupted campaign, too."""
    if again:
        for part in parts:
            (project / campaign.file(part)).unlink(missing_ok=True)
    states: dict[str, str] = {}
    interrupted = False
    try:
        for part in parts:
            command = (*part.command, *words)
            known = results.load(project / campaign.file(part))
            if known and known.answers(command, results.code_of(project, campaign.records)):
                states[part.name] = f"done {known.ended}"
                continue
            result = perform(campaign, part, command, project)
            results.save(project / campaign.file(part), result)
            states[part.name] = result.state
    except KeyboardInterrupt:
        interrupted = True
    failed = _summary(states, len(parts))
    if interrupted:
        print("interrupted; the same command, without --again, goes on from here", flush=True)
    renewed = _renew(campaign, project)
    return 130 if interrupted else int(failed > 0 or not renewed)


def _sample(sampled: Sequence[tuple[Campaign, Part]], project: Path) -> int:
    """Run samples: each gets an equal share of the time that is left, and all of it until it has measured something."""
    if not sampled:
        raise SetupError("none of these parts has a sample.")
    end = time.monotonic() + SAMPLES_S
    states: dict[str, str] = {}
    for place, (campaign, part) in enumerate(sampled):
        left = max(end - time.monotonic(), LEAST_S)  # a busy machine takes longer, which is no fault of the last ones
        share = left / (len(sampled) - place)
        result = perform(campaign, part, part.sample, project, share_s=share, most_s=left)
        results.save(project / campaign.file(part, sample=True), result)
        states[f"{campaign.name} {part.name}"] = result.state
    return int(_summary(states, len(sampled)) > 0)


def perform(
    campaign: Campaign,
    part: Part,
    command: tuple[str, ...],
    project: Path,
    *,
    share_s: float = math.inf,
    most_s: float = math.inf,
) -> Result:
    """Run a command to its end, or until its share of time is over and it has measured something."""
    print(f"\n==> {campaign.name} {part.name}: {' '.join(command)}", flush=True)
    code, machine, started = results.code_of(project, campaign.records), results.this_machine(), _now()
    measurements: list[dict[str, Any]] = []
    exit_code, stopped, seconds = _execute(command, project, measurements, share_s, most_s)
    fault = ""
    if not measurements:
        fault = "measured nothing"
    elif exit_code and not stopped:
        fault = f"exit code {exit_code}"
    elif results.code_of(project, campaign.records) != code:
        fault = "the code was changed meanwhile"
    state: State = "failed" if fault else "stopped" if stopped else "done"
    print(f"{part.name}: {state} after {seconds:.1f} s, {fault or f'{len(measurements)} measurements'}", flush=True)
    return Result(
        campaign=campaign.name,
        part=part.name,
        command=command,
        state=state,
        exit_code=exit_code,
        started=started,
        ended=_now(),
        seconds=round(seconds, 1),
        code=code,
        machine=machine,
        versions=results.versions_of(campaign.packages),
        measurements=measurements,
    )


def _execute(
    command: Sequence[str], project: Path, measurements: list[dict[str, Any]], share_s: float, most_s: float
) -> tuple[int, bool, float]:
    """Run a command and gather what it measures; return its exit code, whether it was stopped, and its seconds."""
    begin = time.monotonic()
    with commands.piped(command, cwd=project, stderr=None) as process:
        assert process.stdout is not None
        reader = threading.Thread(target=_collect, args=(process.stdout, measurements), daemon=True)
        reader.start()
        while time.monotonic() - begin < (share_s if measurements else most_s):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(POLL_S)
                break
        stopped = process.poll() is None
    reader.join(READER_S)
    return process.wait(), stopped, time.monotonic() - begin


def _collect(lines: IO[str], measurements: list[dict[str, Any]]) -> None:
    """Gather the lines that are JSON objects, and show the others."""
    for line in lines:
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if isinstance(found, dict):
            measurements.append(found)
        else:
            sys.stdout.write(line)
            sys.stdout.flush()


def _summary(states: dict[str, str], parts: int) -> int:
    """Print a table of parts; return how many failed."""
    print(f"\n{'part':{WIDTH}}state")
    for name, state in states.items():
        print(f"{name:{WIDTH}}{state}")
    failed = sum(state == "failed" for state in states.values())
    print(f"{len(states) - failed} of {parts} parts measured, {failed} failed", flush=True)
    return failed


def _renew(campaign: Campaign, project: Path) -> bool:
    """Renew the committed record from the results of the present code; return whether that went well."""
    code = results.code_of(project, campaign.records)
    paths = [project / campaign.file(part) for part in campaign.parts]
    done = [path for path in paths if (result := results.load(path)) and result.state == "done" and result.code == code]
    return not campaign.renew or not done or commands.call([*campaign.renew, *map(str, done)], project) == 0


def _is_named(part: Part, names: Sequence[str]) -> bool:
    return any(part.name == name or part.name.startswith(f"{name}-") for name in names)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
