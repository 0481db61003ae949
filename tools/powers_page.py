"""Writes ``docs/powers.md`` from the power table.

``python -m tools.powers_page``; a test compares the page with the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from powerpact.chain.artifacts import CONTRACTS
from testkit.powers.table import POWERS, powers
from testkit.powers.terms import CONTENTS, MEANINGS, Power, Role, State
from toolchain.places import ROOT

PAGE: Final = ROOT / "docs/powers.md"

_INTRODUCTION: Final = """# Who can do what

Every function of a deployment that changes state: who can call it with effect, what it changes, and what limits it. The page is written by `python -m tools.powers_page` from the table in `testkit/powers/`. A function without an entry fails the build, and so does a contract that does otherwise: on a market day in a test, a stranger, a participant, a suspended participant, the agent, one auditor, k − 1 auditors, the utility and the deployer try every call, as it works and with something invented in it. Whoever has no right to it must be refused with the error that stands here, and only what stands here may have changed (`tests/differential/test_powers.py`).

**What the centre can do.** k of n auditors approve or reject applicants, suspend participants, certify and decertify devices, and veto trades before their slot, whose money goes back to the buyer. Whom they approve is announced, and is no participant if enough members object ([membership](membership.md)); so is whoever leaves, and who is appointed to or removed from the auditors. The utility issues points, once per reference of a deposit. The deployer can do nothing any more.

**What the centre cannot do.** Auditors, even all of them, the utility, the deployer and an agent have no call that stores, changes or invents somebody else's order, mandate, trade, reading, certificate or balance, except the veto, which ends a trade and returns its money to its buyer. They can relay what others signed and settle what meters prove, as any stranger can. A suspension stops new orders, and certificates for the surplus of slots that begin meanwhile; it stops no cancellation, no payment and no withdrawal. An agent chooses among trades that the orders' own terms allow, and whoever knows a better matching refutes it.

**What nobody can do.** There is no owner, no pause, no upgrade, no proxy and no parameter that changes. Nobody adds or removes an auditor while the members who object are enough, replaces a contract, or changes the rules of a market. No contract takes ether.

**What is a matter of trust.** What auditors attest of people and devices, what the key of a device signs, and how many points the utility issues against a reference. A utility that issued 2^96 micro-points could also fill the custody and so stop deposits, but no withdrawal, trade or payment. [SECURITY.md](../SECURITY.md#what-it-assumes) says what follows if trust is misplaced.
"""  # noqa: E501

_MATRIX: Final = """
## Role and state

● calls a function that changes it, ○ signs what somebody else may send. The functions below say what limits it.
"""

_FUNCTIONS: Final = """
## Every function

Whoever has no right to call a function is refused with the first error. The second is for a call with a signature, a proof or a claim that does not hold, whoever sends it."""  # noqa: E501

_COLUMNS: Final = ("function", "who", "changes", "limit", "without the right", "with an invention")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _matrix() -> Iterator[str]:
    yield _row(["", *(state.value for state in State)])
    yield "|---|" + ":-:|" * len(State)
    for role in Role:
        calls = {state for _, _, power in powers() if role in power.by for state in power.changes}
        signs = {state for _, _, power in powers() if role in power.signed for state in power.changes}
        marks = ("●" * (state in calls) + "○" * (state in signs) for state in State)
        yield _row([f"**{role.value}**", *marks])


def _who(power: Power) -> str:
    if power.contracts:
        return f"contract: {', '.join(f'`{name}`' for name in power.contracts)}"
    who = ", ".join(role.value for role in power.by)
    return f"{who}; signed by {', '.join(role.value for role in power.signed)}" if power.signed else who


def _error(name: str) -> str:
    return f"`{name}`" if name else ""


def _functions() -> Iterator[str]:
    for contract in CONTRACTS:
        if contract not in POWERS:
            continue
        yield from ("", f"### {contract}", "", _row(_COLUMNS), "|---" * len(_COLUMNS) + "|")
        for function, power in POWERS[contract].items():
            changes = ", ".join(state.value for state in power.changes) or "nothing"
            errors = map(_error, (power.refused, power.forged))
            yield _row([f"`{function}`", _who(power), changes, power.limit, *errors])


def render() -> str:
    """The page."""
    stateless = [f"`{contract}`" for contract in CONTRACTS if contract not in POWERS]
    lines = [
        _INTRODUCTION.rstrip("\n"),
        *("", "## Roles", "", _row(["role", "who it is"]), "|---|---|"),
        *(_row([f"**{role.value}**", meaning]) for role, meaning in MEANINGS.items()),
        *("", "## State", "", _row(["state", "what is in it"]), "|---|---|"),
        *(_row([f"**{state.value}**", content]) for state, content in CONTENTS.items()),
        _MATRIX,
        *_matrix(),
        _FUNCTIONS,
        *_functions(),
        *("", f"{', '.join(stateless[:-1])} and {stateless[-1]} have no function that changes state."),
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
