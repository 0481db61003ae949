"""Writes ``docs/errors.md`` from the error tree and from the table of the contracts' errors.

``python -m tools.errors_page > docs/errors.md``; a test compares the page with both.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys
from types import MappingProxyType
from typing import Final

import powerpact
from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.remedies import SECTIONS
from powerpact.codec.abi import Interface
from powerpact.errors import PowerPactError

LIBRARY_REMEDIES: Final = MappingProxyType(
    {
        "BadChoice": "Choose one of what the message lists.",
        "BadDatabase": "Check the folder's permissions and free space, or name another one in `POWERPACT_DATA`.",
        "BadDeploymentFile": "Run `powerpact deploy`, or name the file with `--deployment` or `POWERPACT_DEPLOYMENT`.",
        "BadOrderId": "Write `batch:index`, such as `3:17`; see `powerpact order list`.",
        "BadProfiles": "Repair the line of the CSV file that the message names.",
        "BadReport": "Use a report that `powerpact demo --json` wrote.",
        "BadRules": "Open a market with another value; leave a market that has it alone.",
        "BadSignedFile": "Make the file with `powerpact order buy` or `sell` and `--sign-only`, or `agreement sign`.",
        "CertificateGap": "A fault of the solver: report it with the round file.",
        "ChainUnreachable": "Start the node or correct the URL, then run the same command again: nothing is repeated "
        "that is already on the chain.",
        "EndorsementsMissing": "Collect them with `powerpact round endorse`, then `powerpact round seal`.",
        "ProposalFalse": "Do not endorse it; once it is sealed, `powerpact watch` refutes it.",
        "ContractError": "By the contract's own error, below.",
        "ContractsNotCompiled": "Unset `POWERPACT_BUILD` to use the contracts that come with the package, or install "
        "it again; in a checkout, run `./run artifacts`.",
        "DeploymentMismatch": "Use the deployment file and the contracts of this chain, or deploy again.",
        "EmptyBatch": "Leave empty batches out.",
        "FieldWithoutRule": "Leave the field out.",
        "FileProblem": "Check the path and its permissions.",
        "GasLimitExceeded": "Split the batch into smaller ones.",
        "IndexBusy": "Wait until the other command has read the first blocks, or end it.",
        "GateStillOpen": "Wait with `powerpact round close MARKET`.",
        "InsufficientEther": "Send ether to the account; on a local chain `powerpact chain fund NAME` does.",
        "KeystoreError": "See `powerpact account list`; `POWERPACT_HOME` says where the keystore is.",
        "MalformedInput": "Repair the field that the message names, by the format of round files.",
        "MessageMismatch": "Give exactly the members of the signed type, in range.",
        "NodeDied": "Read the node's last lines in the message; free memory or choose another port, and start again.",
        "NodeError": "Choose options that the program knows.",
        "NodeMissing": "Run `./run setup`, which brings Anvil and Ganache, or put the program on PATH.",
        "NodeRefused": "Check the sender's ether with `powerpact balance`, and that the node serves this request.",
        "NotOnChain": "List what there is with the command that the message names.",
        "PortTaken": "Choose another port, or stop the program that listens there.",
        "RoundExpired": "Free the orders with `powerpact refund MARKET`; trade in a later market.",
        "SolutionRefuted": "A fault of the solver; nothing was sent. Report it with the market's orders.",
        "TransactionTimeout": "Look the transaction up by its hash, then run the same command again: it continues.",
        "UnknownSignedType": "Use a type of `powerpact/codec/eip712/types.py`.",
    }
)
"""What to do about each error of the library, for the page; the raised error says it with its own values."""

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
        lines.append(f"| `{name}` | {why} | {LIBRARY_REMEDIES[name]} |")
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
    sys.stdout.write(render())
