"""Rules of intruders: what only a contract of the deployment may call, and points for no deposit."""

from __future__ import annotations

from eth_utils import keccak
from hypothesis.stateful import rule

from testkit.powers.neutral import neutral
from testkit.powers.table import powers
from testkit.powers.terms import Role
from testkit.stateful.checks import Checks
from testkit.stateful.stage import INDICES, RUNS, refused

GUARDED = [
    (contract, function, power.refused)
    for contract, function, power in powers()
    if power.by in ((Role.CONTRACT,), (Role.UTILITY,))
]
"""Contract, function, and how everybody else is refused."""


class IntrudingRules(Checks):
    """Call what is not for everybody."""

    @rule(who=INDICES)
    def intrude(self, who):
        """A trader calls each guarded function with arguments that change nothing, or little."""
        account = self.traders[who % len(self.traders)].account
        for contract, function, error in GUARDED:
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
