"""Shares and payments of the library, beside the ones that the model of the market has of its own."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from powerpact.market.payment import payment_upoints, share_wh
from powerpact.market.schema import Sharing
from powerpact.units import PPM
from testkit.stateful import payment as model

TRADED = st.lists(st.integers(1, 2**40), min_size=1, max_size=6)


@given(traded=TRADED, left_wh=st.integers(-(2**41), 2**42), sharing=st.sampled_from(Sharing))
def test_shares_are_the_models_and_sum_to_what_is_due(traded, left_wh, sharing):
    total_wh, before_wh, shares = sum(traded), 0, []
    for energy_wh in traded:
        shares.append(share_wh(energy_wh, before_wh, total_wh, left_wh, sharing))
        is_fifo = sharing is Sharing.FIRST_IN_FIRST_OUT
        assert shares[-1] == model.share_wh(energy_wh, before_wh, total_wh, left_wh, is_first_in_first_out=is_fifo)
        before_wh += energy_wh
    assert sum(shares) == min(max(left_wh, 0), total_wh)
    assert all(share <= energy_wh for share, energy_wh in zip(shares, traded, strict=True))


@given(
    energy_wh=st.integers(1, 2**32),
    price=st.integers(1, 2**32),
    delivered=st.integers(0, PPM),
    used=st.integers(0, PPM),
    rates=st.tuples(*3 * [st.integers(0, PPM)]),
)
def test_payments_are_the_models(energy_wh, price, delivered, used, rates):
    trade = SimpleNamespace(energy_wh=energy_wh, price_upoints_per_kwh=price)
    underuse, tolerance, penalty = rates
    rules = SimpleNamespace(underuse_ppm=underuse, tolerance_ppm=tolerance, penalty_ppm=penalty)
    delivered_wh = energy_wh * delivered // PPM
    used_wh = delivered_wh * used // PPM
    paid = payment_upoints(trade, delivered_wh, used_wh, rules)
    assert paid == model.payment_upoints(trade, delivered_wh, used_wh, rules)
