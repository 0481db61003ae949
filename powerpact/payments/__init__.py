"""Payments off chain: what a party of a payment channel checks before it signs, hands over or relies on anything.

`metered` pays for readings by vouchers, `mutual` lets two neighbours pay each other, `tower` watches over channels that
somebody closes with an old state.
"""
