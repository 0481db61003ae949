"""What `wrong_times` says of a market's times is what the contract says, at the edges of each clause."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powerpact.chain.errors import ContractError
from powerpact.market import wording
from powerpact.market.templates import rules_from
from testkit.chains import EvmChain
from testkit.market import SLOT_LENGTH_S, Community

MONTH_S = 30 * 86_400
CONTEST_WINDOWS = 5
"""From the last moment for a proposal to the last one for a final round, as the contract counts them."""

WAIT_S = 2 * SLOT_LENGTH_S
"""A slot in which readings can be corrected, and the longest slot."""

NEAR = st.sampled_from((-1, 0, 1))
"""Seconds off an edge."""


@pytest.fixture(scope="module")
def community():
    return Community(EvmChain(), traders=1)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    window_s=st.sampled_from((0, 600, 86_400, 7 * 86_400)),
    gate=st.tuples(st.sampled_from(("now", "between", "slot")), NEAR),
    final=st.tuples(st.sampled_from(("gate", "slot", "month")), NEAR),
    refund=st.tuples(st.sampled_from(("one window", "settled", "read", "month")), NEAR),
)
def test_times_are_wrong_where_the_contract_refuses_them(community, window_s, gate, final, refund):
    slot_start = community.next_slot(2 * SLOT_LENGTH_S)
    now = community.chain.now() + 1
    closes_at = {"now": now, "between": slot_start - 300, "slot": slot_start}[gate[0]] + gate[1]
    final_by = {"gate": closes_at, "slot": slot_start, "month": closes_at + MONTH_S}[final[0]] + final[1]
    slot_end = slot_start + SLOT_LENGTH_S
    settled = max(slot_end, final_by + CONTEST_WINDOWS * window_s) + SLOT_LENGTH_S
    refund_from = {
        "one window": max(slot_end, final_by + window_s) + SLOT_LENGTH_S,
        "settled": settled,
        "read": slot_end + WAIT_S,
        "month": max(settled, slot_end + WAIT_S) + MONTH_S,
    }[refund[0]] + refund[1]
    contest = {"challenge_window_s": window_s, "bond_upoints": 10**6} if window_s else {}
    rules = rules_from({"arbiter": community.agent.address, "slot_start": slot_start, **contest}, SLOT_LENGTH_S)
    rules = replace(rules, closes_at=closes_at, final_by=final_by, refund_from=refund_from)
    assert bool(wording.wrong_times(rules, now, WAIT_S)) == is_refused(community, rules)


def is_refused(community, rules):
    """Whether the contract finds the times wrong; an open market is taken back."""
    point, refusals = community.chain.snapshot(), []
    try:
        community.send(community.traders[0].account, "Markets", "openMarket", *rules.arguments())
    except ContractError as error:
        refusals.append(error.name)
    finally:
        community.chain.revert(point)
    assert refusals in ([], ["Market_BadTimes"])
    return bool(refusals)
