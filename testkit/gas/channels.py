"""Gas of each transaction of a payment channel, between accounts that had points before, measured on a node."""

from __future__ import annotations

from typing import Final

from powerpact.market.channels import ChannelChange, ChannelState
from testkit.chains import NodeChain
from testkit.gas.measure import Gas
from testkit.market import Community, key
from testkit.paying.channels import CHANNELS, WINDOW_S, Metered, Mutual

LOCKED_UPOINTS: Final = 10_000_000
ENDOWMENT_UPOINTS: Final = 100_000_000


def channel_gas(chain: NodeChain) -> Gas:
    """Gas of both kinds of channels, and of each way in which they end."""
    community = Community(chain, 2)
    for trader in community.traders:
        community.endow(trader, ENDOWMENT_UPOINTS)
    community.fund(key("tower"), ENDOWMENT_UPOINTS, ENDOWMENT_UPOINTS)
    return {**_metered(community), **_mutual(community)}


def _metered(community: Community) -> Gas:
    alice, bob = (trader.account for trader in community.traders)
    domain = community.domain(CHANNELS)
    first, second = (Metered(alice, bob, domain, serial) for serial in range(2))

    def gas(sender, function, *arguments):
        return community.send(sender, CHANNELS, function, *arguments).gas_used

    costs = {
        "metered: open": gas(alice, "openMetered", first.terms, LOCKED_UPOINTS),
        "metered: lock more": gas(alice, "fundMetered", first.terms, LOCKED_UPOINTS),
        "metered: first claim": gas(bob, "claim", first.terms, *first.signed(1_000_000, 9)),
        "metered: later claim": gas(bob, "claim", first.terms, *first.signed(2_000_000, 19)),
        "metered: close with a voucher, as the receiver": gas(
            bob, "closeMetered", first.terms, *first.signed(3_000_000, 29)
        ),
    }
    gas(alice, "openMetered", second.terms, LOCKED_UPOINTS)
    costs["metered: give notice, as the payer"] = gas(alice, "giveNotice", second.terms)
    community.chain.warp(community.chain.now() + WINDOW_S)
    return costs | {"metered: finish after the notice": gas(alice, "finishMetered", second.terms)}


def _mutual(community: Community) -> Gas:
    alice, bob, tower = *(trader.account for trader in community.traders), key("tower")
    domain = community.domain(CHANNELS)
    first, second, third = (Mutual(alice, bob, domain, serial) for serial in range(3))

    def gas(sender, function, *arguments):
        return community.send(sender, CHANNELS, function, *arguments).gas_used

    def state(version, reward=0):
        named = {"tower": tower.address, "reward_upoints": reward} if reward else {}
        return ChannelState(version, 4_000_000, 16_000_000, LOCKED_UPOINTS, LOCKED_UPOINTS)._replace(**named)

    costs = {
        "mutual: open": gas(alice, "openMutual", first.terms, LOCKED_UPOINTS),
        "mutual: lock the other side": gas(bob, "fundMutual", first.terms, LOCKED_UPOINTS),
    }
    expiry = community.chain.now() + WINDOW_S
    out = ChannelChange(7, 3_000_000, 15_000_000, 1_000_000, 1_000_000, expiry)
    costs["mutual: have points out together"] = gas(alice, "changeMutual", first.terms, *first.by_both(out))
    end = ChannelChange(8, 0, 0, 3_000_000, 15_000_000, expiry)
    costs["mutual: close together"] = gas(alice, "changeMutual", first.terms, *first.by_both(end))
    for mutual in (second, third):
        gas(alice, "openMutual", mutual.terms, LOCKED_UPOINTS)
        gas(bob, "fundMutual", mutual.terms, LOCKED_UPOINTS)
        costs["mutual: close alone"] = gas(alice, "beginClose", mutual.terms, *mutual.by_both(state(2)))
    costs["mutual: show a newer state"] = gas(bob, "showState", second.terms, *second.by_both(state(3)))
    newest = third.by_both(state(3, 500_000))
    costs["mutual: show a newer state, as the watchtower that it names"] = gas(tower, "showState", third.terms, *newest)
    community.chain.warp(community.chain.now() + WINDOW_S)
    costs["mutual: finish after the window"] = gas(bob, "finishMutual", second.terms)
    costs["mutual: finish after the window, with a watchtower"] = gas(bob, "finishMutual", third.terms)
    return costs
