"""The command line as a user runs it: in a folder, with a keystore, against a node."""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eth_utils import keccak
from typer.testing import CliRunner

from powerpact.chain.connection import connect
from powerpact.chain.local.clock import ChainClock
from powerpact.chain.local.node import Node
from powerpact.cli import app

PASSWORD = "correct horse battery staple"
NAMES = ("utility", "ann", "ben", "arbiter", "alice", "bob", "bob-meter", "agent")
ZONES = itertools.count()


def tag_of(name: str) -> str:
    """The person tag of somebody, as the authority would tell it."""
    return f"0x{keccak(text=f'the person {name}').hex()}"


@dataclass
class Shell:
    """Runs commands in its own folder, with its own keystore."""

    folder: Path
    node: Node

    def run(self, *words: object) -> Any:
        return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)

    def ok(self, *words: object) -> Any:
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return result

    def json(self, *words: object) -> Any:
        return json.loads(self.ok(*words, "--json").stdout)

    def refused(self, *words: object) -> Any:
        result = self.run(*words)
        assert result.exit_code != 0
        assert result.stdout == ""
        return result

    def warp(self, time_s: int) -> None:
        """Move the chain's time forward."""
        self.ok("chain", "advance", time_s, "--rpc", self.node.rpc_url)

    def now(self) -> int:
        """The chain's time, Unix seconds."""
        return ChainClock(connect(self.node.rpc_url)).now()

    def open_market(self, *more: object) -> Any:
        """Open a market for small orders of a slot an hour or two ahead, in a new zone; what the command says of it."""
        slot = (self.now() // 3_600 + 2) * 3_600
        words = ("--arbiter", "arbiter", "--slot", slot, "--zone", f"zone {next(ZONES)}")
        least = ("--least-energy-wh", 1, "--least-reservation-upoints", 1)
        return self.json("market", "open", "-a", "alice", *words, *least, *more)


def sell_words(market: str, device: int) -> tuple[object, ...]:
    """The command with which Bob sells."""
    classes = ("--class", "grade=A", "--class", "feeder=2")
    prices = ("--ask", 100, "--min", 80)
    return ("order", "sell", market, "-a", "bob", "--energy-wh", 1_500, *prices, "--device", device, *classes)
