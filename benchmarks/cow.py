"""What CoW Protocol's own contracts take for pairs of orders, beside PowerPact on the same node.

The unmodified contracts of the npm package ``@cowprotocol/contracts`` settle n pairs of signed orders, a sale against a
purchase, with direct transfers of two plain ERC-20 tokens and no interactions. Everything that lowers their gas is
granted: all traders and the settlement contract hold both tokens already and have approved without bound, there are no
fees and no application data, and one price suits all.

``settle`` checks limits and moves money. It neither looks for, nor proves, the best matching: that is agreed off chain
by a competition of solvers.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak
from rich.console import Console

from benchmarks.gas import FUNDED, PAID, round_gas
from benchmarks.grid import Grid, spaced
from benchmarks.large_round import Steps, town_of
from benchmarks.places import RESULTS
from benchmarks.runs import run_of
from powerpact.codec.abi import Interface
from testkit.chains import GENESIS_TIME, NodeChain
from testkit.gas.measure import HARDFORK
from toolchain.places import NODE_MODULES, ROOT, environment, solc, write_whole
from toolchain.results import Result

SIZES = (17, 100)
"""Pairs of orders settled at once."""
SAMPLE = (2,)

RECORD = RESULTS / "cow.json"
PACKAGE = NODE_MODULES / "@cowprotocol" / "contracts"
TOKEN = "benchmarks/PlainToken.sol"

WEI_PER_UPOINT, UPOINTS_PER_WH = 10**12, 100
PURSE = 10**24
VALID_TO = GENESIS_TIME + 10**8
NOBODY = "0x" + "00" * 20
VAULT = "0x" + "ba" * 20
"""In place of Balancer's vault, which direct transfers never call."""

SELL_FLAGS = 0
"""A sale, filled or killed, from and to ERC-20 balances, signed by EIP-712."""

ORDER_TYPE = [
    {"name": name, "type": type_}
    for name, type_ in (
        ("sellToken", "address"),
        ("buyToken", "address"),
        ("receiver", "address"),
        ("sellAmount", "uint256"),
        ("buyAmount", "uint256"),
        ("validTo", "uint32"),
        ("appData", "bytes32"),
        ("feeAmount", "uint256"),
        ("kind", "string"),
        ("partiallyFillable", "bool"),
        ("sellTokenBalance", "string"),
        ("buyTokenBalance", "string"),
    )
]


class Cow:
    """The settlement contract with a solver, two tokens, and traders who hold both.

    Parameters
    ----------
    chain : NodeChain
        A node.
    pairs : int
        Buyers, and as many sellers.
    """

    def __init__(self, chain: NodeChain, pairs: int) -> None:
        self.chain = chain
        self.solver = _key("CoW solver")
        self.buyers = [_key(f"CoW buyer {i}") for i in range(pairs)]
        self.sellers = [_key(f"CoW seller {i}") for i in range(pairs)]
        self.settlement = _artifact("GPv2Settlement")
        self.token = _plain_token()
        authenticator = _artifact("GPv2AllowListAuthentication")
        list_address = self._create(authenticator)
        self._send(list_address, authenticator, "initializeManager", self.solver.address)
        self._send(list_address, authenticator, "addSolver", self.solver.address)
        self.address = self._create(self.settlement, encode(["address", "address"], [list_address, VAULT]))
        self.money, self.energy = self._create(self.token), self._create(self.token)
        answer = chain.read(self.address, self.settlement["interface"].encode_call("vaultRelayer", ()))
        relayer = self.settlement["interface"].decode_output("vaultRelayer", answer)
        for token in (self.money, self.energy):
            self._send(token, self.token, "mint", self.address, 1)
            for trader in (*self.buyers, *self.sellers):
                self._send(token, self.token, "mint", trader.address, PURSE)
                self._send(token, self.token, "approve", relayer, 2**256 - 1, sender=trader)

    def settle(self) -> int:
        """Settle one order of each trader in one transaction; the gas of it."""
        trades = []
        for i, (buyer, seller) in enumerate(zip(self.buyers, self.sellers, strict=True)):
            energy_wh = 500 + 7 * i
            cost = energy_wh * UPOINTS_PER_WH * WEI_PER_UPOINT
            trades.append(self._trade(buyer, sell=0, sold=cost, bought=energy_wh * 98 // 100))
            trades.append(self._trade(seller, sell=1, sold=energy_wh, bought=cost * 98 // 100))
        prices = [1, UPOINTS_PER_WH * WEI_PER_UPOINT]
        before = [self._balance(self.money, trader) for trader in self.sellers]
        gas = self._send(self.address, self.settlement, "settle", self.tokens, prices, trades, [[], [], []])
        earned = [self._balance(self.money, trader) for trader in self.sellers]
        if any(after <= first for first, after in zip(before, earned, strict=True)):
            raise RuntimeError("a seller was not paid")
        return gas

    @property
    def tokens(self) -> list[str]:
        """Both tokens, in the order of their places."""
        return [self.money, self.energy]

    def _trade(self, trader: LocalAccount, *, sell: int, sold: int, bought: int) -> tuple[Any, ...]:
        """A signed order as ``settle`` takes it."""
        message = {
            "sellToken": self.tokens[sell],
            "buyToken": self.tokens[1 - sell],
            "receiver": NOBODY,  # means the owner
            "sellAmount": sold,
            "buyAmount": bought,
            "validTo": VALID_TO,
            "appData": bytes(32),
            "feeAmount": 0,
            "kind": "sell",
            "partiallyFillable": False,
            "sellTokenBalance": "erc20",
            "buyTokenBalance": "erc20",
        }
        domain = {
            "name": "Gnosis Protocol",
            "version": "v2",
            "chainId": self.chain.chain_id,
            "verifyingContract": self.address,
        }
        signed = trader.sign_typed_data(domain, {"Order": ORDER_TYPE}, message)
        amounts = (NOBODY, sold, bought, VALID_TO, bytes(32), 0)
        return (sell, 1 - sell, *amounts, SELL_FLAGS, sold, bytes(signed.signature))

    def _create(self, artifact: dict[str, Any], arguments: bytes = b"") -> str:
        return self.chain.create(self.solver.address, artifact["bytecode"] + arguments)

    def _send(
        self, to: str, artifact: dict[str, Any], function: str, *arguments: Any, sender: LocalAccount | None = None
    ) -> int:
        data = artifact["interface"].encode_call(function, arguments)
        return self.chain.send((sender or self.solver).address, to, data).gas_used

    def _balance(self, token: str, trader: LocalAccount) -> int:
        answer = self.chain.read(token, self.token["interface"].encode_call("balanceOf", [trader.address]))
        return int.from_bytes(answer)


def measure(pairs: int) -> dict[str, Any]:
    """Gas for a pair of signed orders, both systems on one node."""
    with town_of(2 * pairs) as town:
        town.populate(Steps())
        ours = round_gas(town)
        settled = Cow(town.chain, pairs).settle()
    return {
        "pairs": pairs,
        "CoW: two signed orders settled": round(settled / pairs),
        "PowerPact: two signed orders to a proven, funded trade": ours[FUNDED],
        "PowerPact: two signed orders to payout and certificate": ours[PAID],
    }


def recorded(record: Mapping[str, Any]) -> list[Grid]:
    """Gas of a pair, a column for each size."""
    rows = record["gas"]
    cells = [[what, *(spaced(row[what]) for row in rows)] for what in rows[0] if what != "pairs"]
    head = ("for a pair of orders", *(f"{row['pairs']} pairs" for row in rows))
    return [Grid("Gas, beside CoW Protocol on the same node", head, cells)]


def run(sizes: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Measure rounds of all sizes."""
    return map(measure, sizes)


def renew(result: Result) -> None:
    """Renew the record, and print it."""
    version = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))["version"]
    record = {
        "schema": "powerpact/bench-cow/2",
        "runs": [run_of(result)],
        "hardfork": HARDFORK,
        "@cowprotocol/contracts": version,
        "gas": result.measurements,
    }
    write_whole(RECORD, json.dumps(record, indent=1) + "\n")
    Console(width=100).print(*(grid.terminal() for grid in recorded(record)))


def _key(name: str) -> LocalAccount:
    account: LocalAccount = Account.from_key(keccak(text=name))
    return account


@cache
def _artifact(name: str) -> dict[str, Any]:
    """A compiled contract of the package, as its authors published it."""
    compiled = json.loads((PACKAGE / "lib" / "contracts" / f"{name}.json").read_text(encoding="utf-8"))
    return {"interface": Interface(compiled["abi"]), "bytecode": bytes.fromhex(compiled["bytecode"][2:])}


@cache
def _plain_token() -> dict[str, Any]:
    """OpenZeppelin's ERC-20, compiled with the settings of PowerPact's own contracts."""
    job = {
        "language": "Solidity",
        "sources": {TOKEN: {"content": (ROOT / TOKEN).read_text(encoding="utf-8")}},
        "settings": {
            "optimizer": {"enabled": True, "runs": 10_000},
            "evmVersion": "shanghai",
            "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
            "outputSelection": {TOKEN: {"PlainToken": ["abi", "evm.bytecode.object"]}},
        },
    }
    command = [str(solc()), "--standard-json"]
    done = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, check=True, cwd=ROOT, env=environment()
    )
    output = json.loads(done.stdout)["contracts"][TOKEN]["PlainToken"]
    return {"interface": Interface(output["abi"]), "bytecode": bytes.fromhex(output["evm"]["bytecode"]["object"])}
