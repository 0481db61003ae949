"""The register of invariants: what must hold at every step, and where it is checked.

The sentence is the message of the failing assertion.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Invariant:
    """A property of the whole market.

    Attributes
    ----------
    id : str
        Its name in the design, the errors and the tests.
    sentence : str
        What holds.
    checked_in : tuple of str
        Where it is checked, as file and name.
    """

    id: str
    sentence: str
    checked_in: tuple[str, ...]


_CHECKS = "testkit/stateful/checks.py"
_CHANGING = "testkit/stateful/changing.py"

REGISTER = MappingProxyType(
    {
        invariant.id: invariant
        for invariant in (
            Invariant(
                "MON-1",
                "the points in custody equal the sum of free and held points of all wallets",
                (f"{_CHECKS}::money_is_conserved", "tests/forge/AccountsInvariant.t.sol"),
            ),
            Invariant(
                "MON-2",
                "every held point, in an order, a trade or a bond, has a way out that needs nobody's goodwill, from a "
                "time known when it is held",
                (f"{_CHECKS}::everyone_gets_the_money_out",),
            ),
            Invariant(
                "MON-3",
                "points are held for open orders, unsettled trades and active proposals alone, so a bond leaves its "
                "wallet once, and the supply falls by the burnt parts of bonds alone",
                (f"{_CHECKS}::bonds_leave_once",),
            ),
            Invariant(
                "ORD-1",
                "the trades of an order, in whole or in parts, never sum to more than its energy, and it never trades "
                "once it is cancelled, nor at all if it expires before the gate closes",
                (f"{_CHECKS}::orders_trade_within_their_terms",),
            ),
            Invariant(
                "ORD-2",
                "no buyer pays above the bid and no seller is paid below the minimum",
                (f"{_CHECKS}::orders_trade_within_their_terms",),
            ),
            Invariant(
                "ORD-3",
                "in pair mechanisms nobody trades with oneself",
                (f"{_CHECKS}::orders_trade_within_their_terms",),
            ),
            Invariant(
                "FAIR-1",
                "a pair trades at most once in a round, in the order of its orders, and never less than either of them "
                "asks for: neither repeating a pair nor splitting a trade nor dust changes what anybody gets",
                (f"{_CHECKS}::orders_trade_within_their_terms", "tests/property/test_three_orders.py"),
            ),
            Invariant(
                "MAN-1",
                "the orders under a mandate that are open or have traded are within it, each signed by its delegate "
                "for its turn before it was revoked, and none uses a nonce of its trader",
                (f"{_CHECKS}::mandates_bound_their_orders", "tests/contracts/Mandates/test_placeMandated.py"),
            ),
            Invariant(
                "CLR-1",
                "the trades of a final round are feasible, and its objective and dual bound are those of its trades "
                "and dual prices",
                (f"{_CHECKS}::final_rounds_keep_their_promise",),
            ),
            Invariant(
                "CLR-2",
                "no eligible pair of a final round that was proven, or stood its window under an honest watch, has "
                "u + v < w, so the optimum is at most the bound, and the objective if that equals it",
                (f"{_CHECKS}::final_rounds_keep_their_promise", "tests/forge/PairSweep.t.sol"),
            ),
            Invariant(
                "CLR-3",
                "every chunk of a final round can be settled by anybody, in one transaction of at most 2^24 gas, or "
                "any of its trades alone",
                ("testkit/stateful/delivery.py::_settle", "tests/gas/test_limits.py"),
            ),
            Invariant(
                "CLR-4",
                "a refuted proposal never becomes final",
                (f"{_CHECKS}::refuted_proposals_stay_refuted",),
            ),
            Invariant(
                "GRN-1",
                "the certificates of a device and slot never exceed its measured export",
                (f"{_CHECKS}::certificates_follow_the_meter", "tests/forge/MeteringInvariant.t.sol"),
            ),
            Invariant(
                "GRN-2",
                "what is retired never moves",
                (f"{_CHECKS}::certificates_follow_the_meter", "tests/forge/GreenCertificatesInvariant.t.sol"),
            ),
            Invariant(
                "GRN-3",
                "nothing is certified of a slot that began once its device was stopped, nor to an owner who was "
                "suspended, or whose device was not certified as it was, when it began",
                (
                    f"{_CHECKS}::certificates_follow_the_meter",
                    f"{_CHANGING}::_issue_all",
                    "tests/contracts/Metering/test_stopped.py",
                    "tests/contracts/Metering/test_changed.py",
                ),
            ),
            Invariant(
                "GRN-4",
                "a lot is held by k of n auditors alone, once, and no longer than the time that is fixed at deployment",
                ("testkit/stateful/warding.py::hold_lot", "testkit/stateful/warding.py::clear_flag"),
            ),
            Invariant(
                "REG-1",
                "nobody trades who is not admitted, and no auditor's call changes a balance, an order or a trade, but "
                "that a veto by k of n returns a trade's money to its buyer before the slot",
                (
                    "testkit/stateful/vetoing.py::_veto",
                    "testkit/stateful/orders.py::suspend",
                    "testkit/stateful/overreaching.py::overreach",
                    "tests/differential/test_powers.py::test_everyone_can_do_exactly_what_the_table_says",
                ),
            ),
            Invariant(
                "DEV-2",
                "a device goes only the ways of its diagram; it sells only while k of n auditors certify it with the "
                "owner, key and record that it has",
                (f"{_CHANGING}::_compare", "tests/contracts/DeviceRegistry/test_rotate.py"),
            ),
            Invariant(
                "DEV-3",
                "from when on a key is not trusted moves only earlier, by the owner of then or by k of n auditors",
                (f"{_CHANGING}::_compare", "tests/contracts/DeviceRegistry/test_distrust.py"),
            ),
            Invariant(
                "MET-1",
                "there is one reading for each device and slot, and counters never fall",
                (f"{_CHECKS}::counters_never_fall", "testkit/stateful/delivery.py::_report"),
            ),
        )
    }
)


def holds(id_: str, condition: bool, details: str) -> None:
    """Assert an invariant of the register.

    Raises
    ------
    AssertionError
        If `condition` is false, with the invariant's sentence and the details.
    """
    if not condition:
        raise AssertionError(f"{id_}: {REGISTER[id_].sentence}. {details}")
