"""Who takes part in the day, each with their own keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

AUDITORS: Final = 3
THRESHOLD: Final = 2


@dataclass(frozen=True, slots=True)
class Cast:
    """The accounts of the day.

    Attributes
    ----------
    utility : LocalAccount
        Deploys the contracts and issues points.
    auditors : tuple of LocalAccount
        The weak centre.
    arbiter : LocalAccount
        Third key of the trade escrows.
    agent : LocalAccount
        Opens markets, relays orders and readings, clears and settles.
    homes : dict of str to LocalAccount
        One for each home.
    meters : dict of str to LocalAccount
        The key of each home's meter.
    """

    utility: LocalAccount
    auditors: tuple[LocalAccount, ...]
    arbiter: LocalAccount
    agent: LocalAccount
    homes: dict[str, LocalAccount]
    meters: dict[str, LocalAccount]

    @classmethod
    def of(cls, homes: Iterable[str], seed: int) -> Cast:
        """Derive all keys from the seed: known to everyone, for a chain that lives as long as the day."""

        def account(role: str) -> LocalAccount:
            derived: LocalAccount = Account.from_key(keccak(text=f"PowerPact market day|{seed}|{role}"))
            return derived

        names = tuple(homes)
        return cls(
            utility=account("utility"),
            auditors=tuple(account(f"auditor {number}") for number in range(AUDITORS)),
            arbiter=account("arbiter"),
            agent=account("agent"),
            homes={name: account(f"home {name}") for name in names},
            meters={name: account(f"meter {name}") for name in names},
        )

    @property
    def senders(self) -> tuple[LocalAccount, ...]:
        """Everyone who sends transactions; meters only sign."""
        return (self.utility, *self.auditors, self.agent, *self.homes.values())
