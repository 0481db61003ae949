"""What the README and docs tell a user to run does run."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from powerpact.chain.local.node import free_port
from testkit.forkserver import commands_of

PROJECT = Path(__file__).resolve().parents[2]
README = (PROJECT / "README.md").read_text()
ENVIRONMENT = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


def shell_lines(text: str) -> list[str]:
    """All lines of the shell blocks of a page, without comments."""
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [line.split("  #")[0].strip() for block in blocks for line in block.splitlines() if line.strip()]


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_links_lead_somewhere(link):
    assert (PROJECT / link).exists()


def test_solve_and_verify_as_the_readme_says(tmp_path):
    shown = ("./run powerpact solve", "./run powerpact verify")
    lines = [line for line in shell_lines(README) if line.startswith(shown)]
    assert len(lines) == 2
    for line in lines:
        command = [str(PROJECT / word) if word.startswith("docs/") else word for word in shlex.split(line)[1:]]
        done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "solution.json").read_text())["objective"] == 3_443_331


def test_options_of_the_demo_exist():
    wide = {**ENVIRONMENT, "COLUMNS": "200"}
    command = ["powerpact", "demo", "--help"]
    help_text = subprocess.run(command, env=wide, capture_output=True, text=True, check=True).stdout
    named = {word for line in shell_lines(README) if " demo" in line for word in line.split() if word.startswith("--")}
    assert named
    assert all(option in help_text for option in named)


def test_a_trade_on_a_chain_of_ones_own(tmp_path, tmp_path_factory):
    with commands_of(tmp_path_factory.mktemp("bin")) as environment:
        done = subprocess.run(
            [PROJECT / "docs" / "own-chain.sh"],
            cwd=tmp_path,
            env={**environment, "PORT": str(free_port())},
            capture_output=True,
            text=True,
            timeout=1_200,
        )
    assert done.returncode == 0, done.stderr
    # 1 150 of 1 200 Wh delivered at the midpoint of bid and minimum, a shortfall within the tolerance of 5%.
    assert "109250" in done.stdout
    trade = json.loads((tmp_path / "certificates.json").read_text())
    assert [lot["energy_wh"] for lot in trade] == [1_150]
    password = (tmp_path / "keys/password").read_text().strip()
    assert password not in done.stdout + done.stderr
    # The files with keys and the password are their owner's alone.
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "keys").rglob("*"))
