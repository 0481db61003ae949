"""What `./run test` and `./run lint` do: a list of steps, each a command that must succeed."""

import contextlib
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from toolchain.commands import piped
from toolchain.places import SetupError

Counts = tuple[int, int]  # passed, failed


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a run.

    `count` reads the numbers of passed and failed tests from its output; `beside_next` says that it keeps no more than
    a core busy and runs at the same time as the step that follows it.
    """

    name: str
    command: tuple[str, ...]
    count: Callable[[str], Counts] | None = None
    beside_next: bool = False


@dataclass(slots=True)
class Running:
    """A step that runs: what it printed so far, and since when."""

    step: Step
    process: "subprocess.Popen[str]"
    started: float
    lines: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def read(self, *, show: bool) -> None:
        """Read what the step prints until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if show:
                print(line, end="", flush=True)
        self.process.wait()
        self.seconds = time.monotonic() - self.started

    def counts(self) -> Counts:
        """The numbers of passed and failed tests of a step that has ended: at least one failure if it fails."""
        code = self.process.returncode
        passed, failed = self.step.count("".join(self.lines)) if self.step.count else (int(code == 0), 0)
        if code and not failed:
            failed = 1
        elif not code and not passed:
            print(f"{self.step.name}: no test ran. A step must run at least one.", flush=True)
            failed += 1
        return passed, failed


def count_pytest(output: str) -> Counts:
    """Read pytest's closing line, such as `3 failed, 7 passed, 1 error in 2.03s`."""
    lines: list[str] = re.findall(r"^=*\s*((?:\d+ \w+(?:, )?)+) in [\d.]+s", output, re.MULTILINE)
    numbers = {word: int(number) for number, word in re.findall(r"(\d+) (\w+)", lines[-1] if lines else "")}
    return numbers.get("passed", 0), sum(numbers.get(word, 0) for word in ("failed", "error", "errors"))


def count_forge(output: str) -> Counts:
    """Read Forge's closing line, such as `12 tests passed, 1 failed, 0 skipped (13 total tests)`."""
    found: list[tuple[str, str]] = re.findall(r"(\d+) tests? passed, (\d+) failed", output)
    return sum(int(passed) for passed, _ in found), sum(int(failed) for _, failed in found)


ON_ALL_CORES = ("-n", "auto", "--dist", "loadfile")
"""A process for each core; the tests of a file share one, and with it the nodes that they start."""


def python_tests(name: str, folder: str, *without: str) -> Step:
    """Return a step for suites that do without Brownie."""
    return Step(name, ("pytest", folder, *(f"--ignore={other}" for other in without), *ON_ALL_CORES), count_pytest)


def brownie_tests(folder: str) -> Step:
    """Return a step for a suite that runs on Brownie and its own chain."""
    return Step(folder.removeprefix("tests/"), ("brownie", "test", folder, *ON_ALL_CORES), count_pytest)


BROWNIE_SUITES = ("tests/contracts", "tests/python/scripts")
# Slither starts with `forge clean`: it gets its own folders.
SLITHER_FOLDERS = ("env", "FOUNDRY_OUT=.home/slither/out", "FOUNDRY_CACHE_PATH=.home/slither/cache")
SOLIDITY = ("contracts", "interfaces", "tests/forge", "tests/proofs")
SPELT = (
    *("contracts", "interfaces", "powerpact", "scripts", "benchmarks", "testkit", "tests", "toolchain", "tools"),
    *("docs", "run", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "requirements.in"),
)

LINT = (
    Step("ruff", ("ruff", "check", ".")),
    Step("ruff format", ("ruff", "format", "--check", ".")),
    Step("forge fmt", ("forge", "fmt", "--check", *SOLIDITY)),
    Step("imports", ("lint-imports", "--no-logo")),
    Step("dead code", ("vulture",)),
    Step("spelling", ("codespell", *SPELT)),
    Step("mypy", ("mypy",)),
)
COMPILE = (
    # Without --all a changed file of types alone is overlooked.
    Step("brownie compile", ("brownie", "compile", "--all"), beside_next=True),
    Step("forge build", ("forge", "build", "contracts")),  # its tests are compiled without the optimiser, below
)
TEST = (
    *LINT,
    *COMPILE,
    Step("artifacts", ("python", "-m", "tools.artifacts", "--check")),
    Step("forge", ("env", "FOUNDRY_PROFILE=fuzz", "forge", "test"), count_forge),
    Step("proofs", ("python", "-m", "testkit.proving"), count_pytest),
    python_tests("examples", "powerpact"),  # in docstrings
    Step("slither", (*SLITHER_FOLDERS, "slither", "."), beside_next=True),  # while what is installed is waited for
    python_tests("set-up", "tests/python/toolchain"),
    python_tests("python", "tests", "tests/python/toolchain", *BROWNIE_SUITES),
    *map(brownie_tests, BROWNIE_SUITES),
)


def run_together(group: Sequence[Step]) -> list[tuple[Counts, float]]:
    """Run steps at the same time; return for each its counts and its seconds.

    The first one's output is shown as it comes, that of the others when all have ended.
    """
    with contextlib.ExitStack() as stack:
        running = [Running(step, stack.enter_context(piped(step.command)), time.monotonic()) for step in group]
        others = [threading.Thread(target=other.read, kwargs={"show": False}) for other in running[1:]]
        for thread in others:
            thread.start()
        _announce(group[0])
        running[0].read(show=True)
        for thread in others:
            thread.join()
    results = [(running[0].counts(), running[0].seconds)]
    for other in running[1:]:
        _announce(other.step)
        print("".join(other.lines), end="", flush=True)
        results.append((other.counts(), other.seconds))
    return results


def _announce(step: Step) -> None:
    print(f"\n==> {step.name}: {' '.join(step.command)}", flush=True)


def grouped(steps: Iterable[Step]) -> Iterator[list[Step]]:
    """Yield the steps that run at the same time, in their order."""
    group: list[Step] = []
    for step in steps:
        group.append(step)
        if not step.beside_next:
            yield group
            group = []
    if group:
        yield group


def run_steps(steps: Sequence[Step], chosen: Sequence[str] = ()) -> int:
    """Run the steps, all or those chosen by name, then print a table and the sum; return the exit code."""
    names = [step.name for step in steps]
    if unknown := [name for name in chosen if name not in names]:
        raise SetupError(f"no step {unknown[0]!r}. There are: {', '.join(names)}.")
    results: dict[str, tuple[Counts, float]] = {}
    interrupted = False
    for group in grouped(step for step in steps if not chosen or step.name in chosen):
        try:
            results.update(zip((step.name for step in group), run_together(group), strict=True))
        except KeyboardInterrupt:
            interrupted = True
            break
    width = max(len(name) for name in names)
    print(f"\n{'step':{width}}  passed  failed   time")
    for name, ((passed, failed), seconds) in results.items():
        print(f"{name:{width}}  {passed:6}  {failed:6}  {seconds:5.1f} s{'  FAILED' if failed else ''}")
    total_passed = sum(passed for (passed, _), _ in results.values())
    total_failed = sum(failed for (_, failed), _ in results.values())
    print(f"{total_passed} passed, {total_failed} failed", flush=True)
    return 130 if interrupted else int(total_failed > 0)
