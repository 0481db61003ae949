"""The pages of the roles are one story: their commands run in the order of their steps, on one chain."""

import json
import re
import subprocess

import pytest

from powerpact.chain.local.node import free_port
from testkit.forkserver import commands_of
from toolchain.places import ROOT

PAGES = sorted((ROOT / "docs/roles").glob("*.md"))
STEP = re.compile(r"^<!-- step (\d+) -->\n```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```sh\n", re.MULTILINE)


def steps() -> dict[int, str]:
    """By number: the commands of each step, over all pages."""
    return {int(number): block for page in PAGES for number, block in STEP.findall(page.read_text())}


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """The whole story, run once: its folder and what it printed, by step."""
    folder = tmp_path_factory.mktemp("story")
    lines = ["set -euo pipefail", "trap 'kill ${chain:-} 2> /dev/null || true' EXIT"]
    for number, block in sorted(steps().items()):
        lines += [f"echo '== step {number}'", block]
    with commands_of(tmp_path_factory.mktemp("bin")) as environment:
        done = subprocess.run(
            ["bash", "-c", "\n".join(lines)],
            cwd=folder,
            env={**environment, "PORT": str(free_port()), "PROJECT": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=900,
        )
    parts = re.split(r"^== step (\d+)\n", done.stdout, flags=re.MULTILINE)[1:]
    printed = dict(zip(map(int, parts[::2]), parts[1::2], strict=True))
    assert done.returncode == 0, f"step {max(printed, default=0)}:\n{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    return folder, printed


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_of_a_page_is_a_step(page):
    text = page.read_text()
    assert len(STEP.findall(text)) == len(BLOCK.findall(text)) > 0


def test_no_step_is_given_twice():
    assert len(steps()) == sum(len(STEP.findall(page.read_text())) for page in PAGES)


def test_every_step_runs(story):
    _, printed = story
    assert set(printed) == set(steps())


def test_the_trade_is_paid_and_certified(story):
    folder, printed = story
    # 1 150 of 1 200 Wh at the midpoint of bid and minimum, a shortfall within the tolerance of 5%.
    assert "109250" in printed[100]
    assert [lot["energy_wh"] for lot in json.loads((folder / "certificates.json").read_text())] == [1_150]


def test_the_auditors_did_what_they_can_do(story):
    _, printed = story
    assert "suspended" in printed[121]


def test_the_sealed_round_is_final(story):
    _, printed = story
    assert printed[112].strip()


def test_a_lowered_dual_price_is_found(story):
    _, printed = story
    assert "3443331" in printed[200]
    assert "dual" in printed[201]
