"""Arguments of no consequence: zeros and empty lists."""

from __future__ import annotations

from typing import Any

from powerpact.chain.artifacts import artifact


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
