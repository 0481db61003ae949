"""The power table: for every function that changes state in a contract of a deployment, who can use it, and for what.

``docs/powers.md`` is written from it, and a market day tries each entry with everyone (``testkit/powers/trials.py``).
"""

from __future__ import annotations

from collections.abc import Iterator

from powerpact.chain.artifacts import CONTRACTS, artifact
from testkit.powers import holding, membership, trading
from testkit.powers.terms import Power

POWERS: dict[str, dict[str, Power]] = {
    **holding.TOKENS,
    **holding.ACCOUNTS,
    **membership.PEOPLE,
    **holding.REGISTRY,
    **trading.METERING,
    **trading.MARKET,
    **trading.CLEARING,
    **trading.SETTLEMENT,
    **trading.CHANNELS_OF_PAYMENTS,
}
"""By contract and function. Contracts without an entry have no function that changes state."""


def powers() -> Iterator[tuple[str, str, Power]]:
    """Contract, function and power of each entry."""
    return ((contract, function, power) for contract in POWERS for function, power in POWERS[contract].items())


def functions_of(abi: list[dict[str, object]]) -> list[str]:
    """The functions of an ABI that change state, overloads included."""
    changing = "nonpayable", "payable"
    return sorted(
        str(entry.get("name") or entry["type"])
        for entry in abi
        if entry["type"] in ("function", "fallback", "receive") and entry["stateMutability"] in changing
    )


def deployed_functions() -> set[tuple[str, str]]:
    """Contract and name of every function of a deployment that changes state."""
    return {(contract, function) for contract in CONTRACTS for function in functions_of(artifact(contract).abi)}
