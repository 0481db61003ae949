"""Writes ``docs/errors.md`` from the error tree and from the table of the contracts' errors.

``python -m tools.errors_page``; a test compares the page with both.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import Final

import powerpact
from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.remedies import SECTIONS
from powerpact.codec.abi import Interface
from powerpact.errors import PowerPactError
from toolchain.places import ROOT

PAGE: Final = ROOT / "docs/errors.md"

_HEADING: Final = """# Errors

Every error says what is wrong, with the values, and what to do. This page is written by
`python -m tools.errors_page` from the code; the command line prints the same remedies.

## The library

Each derives from `PowerPactError` and from the builtin that fits, and keeps its values as attributes.

| error | why | what to do |
|---|---|---|
"""

_CONTRACTS_HEADING: Final = """
## The contracts

The library raises them as `ContractError` with `name` and `arguments`.
"""


def library_errors() -> dict[str, type[PowerPactError]]:
    """Every concrete error of the library, by name."""
    for module in pkgutil.walk_packages(powerpact.__path__, "powerpact."):
        importlib.import_module(module.name)
    found: dict[str, type[PowerPactError]] = {}
    waiting = [PowerPactError]
    while waiting:
        for error in waiting.pop().__subclasses__():
            waiting.append(error)
            if error.__module__.startswith("powerpact.") and error.__name__ != "ChainError":
                found[error.__name__] = error
    return dict(sorted(found.items()))


def contract_errors() -> dict[str, str]:
    """Signature of every error that a contract of a deployment can raise, by name."""
    signatures = {}
    for contract in CONTRACTS:
        for name, error in Interface(artifact(contract).abi).errors.items():
            arguments = ", ".join(
                f"{type_} {argument}" for type_, argument in zip(error.types, error.names, strict=True)
            )
            signatures[name] = f"{name}({arguments})"
    return signatures


def render() -> str:
    """The page."""
    lines = [_HEADING.rstrip("\n")]
    for name, error in library_errors().items():
        why = (inspect.getdoc(error) or "").split("\n\n")[0].replace("\n", " ")
        lines.append(f"| `{name}` | {why} | {error.advice} |")
    lines.append(_CONTRACTS_HEADING.rstrip("\n"))
    signatures = contract_errors()
    for title, section in SECTIONS.items():
        lines += ["", f"### {title}", "", "| error | why | what to do |", "|---|---|---|"]
        lines += [
            f"| `{signatures.get(name, name)}` | {advice.why or 'the contract says why'} | {advice.remedy} |"
            for name, advice in section.items()
        ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
