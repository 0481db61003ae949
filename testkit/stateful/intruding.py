"""Rules of intruders: what only a contract of the deployment may call, and points for no deposit."""

from __future__ import annotations

from typing import Any

from eth_utils import keccak
from hypothesis.stateful import rule

from powerpact.chain.artifacts import artifact
from testkit.stateful.checks import Checks
from testkit.stateful.stage import INDICES, RUNS, refused

GUARDED = {
    "Accounts": {
        **dict.fromkeys(("admit", "cancelNonces", "release"), "Accounts_NotOrderBook"),
        **dict.fromkeys(("holdBond", "releaseBond", "burnBond"), "Accounts_NotClearing"),
        "award": "Accounts_NotRefutations",
        "pay": "Accounts_NotSettlement",
    },
    "DeviceRegistry": {
        "reserve": "Device_NotOrderBook",
        "decide": "Device_NotMarket",
        "fixLength": "Device_NotMetering",
    },
    "GreenCertificates": {"mint": "Certificates_NotMetering"},
    "Markets": {"takeBatch": "Market_NotOrderBook"},
    "Metering": dict.fromkeys(("deliver", "deliverLast"), "Metering_NotSettlement"),
    "OrderBook": {"release": "Order_NotReleaser"},
    "PowerPoints": {"mint": "Points_NotUtility"},
    "Refutations": {"open": "Refutations_NotClearing"},
}
"""By contract and function, how everybody else is refused."""


class IntrudingRules(Checks):
    """Call what is not for everybody."""

    @rule(who=INDICES)
    def intrude(self, who):
        """A trader calls each guarded function with arguments that change nothing, or little."""
        account = self.traders[who % len(self.traders)].account
        for contract, functions in GUARDED.items():
            for function, error in functions.items():
                with refused(error):
                    self.community.send(account, contract, function, *neutral(contract, function))
        RUNS["intrude"] += 1

    @rule(who=INDICES)
    def mint_for_nothing(self, who):
        """Points come from a deposit, which has a reference and counts once."""
        trader, utility = self.traders[who % len(self.traders)], self.community.utility
        with refused("Points_EmptyReference"):
            self.community.send(utility, "PowerPoints", "mint", trader.address, 1, bytes(32))
        purse = keccak(text=f"purse of {trader.address}")
        with refused("Points_DepositAlreadyUsed"):
            self.community.send(utility, "PowerPoints", "mint", trader.address, 1, purse)
        RUNS["mint for nothing"] += 1


def neutral(contract: str, function: str) -> list[Any]:
    """Zeros and empty lists as the arguments of a function."""
    entry = next(entry for entry in artifact(contract).abi if entry.get("name") == function)
    return [_zero(parameter) for parameter in entry["inputs"]]


def _zero(parameter: dict[str, Any]) -> Any:
    kind = parameter["type"]
    if kind.endswith("]"):
        return []
    if kind == "tuple":
        return tuple(_zero(member) for member in parameter["components"])
    if kind.startswith("bytes"):
        return bytes(int(kind.removeprefix("bytes") or 0))
    return {"address": "0x" + "00" * 20, "bool": False, "string": ""}.get(kind, 0)
