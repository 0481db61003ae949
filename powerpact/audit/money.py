"""Checks of the money in custody: what the events make of it, and that all of it has a way out."""

from __future__ import annotations

from collections import Counter, defaultdict

from eth_typing import ChecksumAddress

from powerpact.audit.laws import Result
from powerpact.chain.contracts import points
from powerpact.index.records import Records


def check_balances(records: Records) -> Result:
    """MON-1."""
    chain = records.chain
    wallets = _replayed_wallets(records)
    held = points.balance_of(chain, chain.address("Accounts"))
    claims = int(chain.read("Accounts", "totalCredits"))
    total = sum(free + reserved for free, reserved in wallets.values())
    faults = []
    if not held == claims == total:
        faults.append(f"the accounts hold {held}, record claims of {claims}, and the events make {total} micro-points")
    found = points.wallets_of(chain, list(wallets))
    for (trader, (free, reserved)), wallet in zip(wallets.items(), found, strict=True):
        if (wallet.free_upoints, wallet.held_upoints) != (free, reserved):
            faults.append(
                f"{trader} has {wallet.free_upoints} free and {wallet.held_upoints} held, the events make "
                f"{free} and {reserved}"
            )
    return f"{held} micro-points in custody = free + held of {len(wallets)} wallets", faults


def _replayed_wallets(records: Records) -> dict[ChecksumAddress, list[int]]:
    """Free and held micro-points of each trader, as orders, bonds and trades make them."""
    wallets: defaultdict[ChecksumAddress, list[int]] = defaultdict(lambda: [0, 0])
    for event in records.money:
        a = event.arguments
        if event.name == "TradeSettled":
            wallets[a["buyer"]][0] -= a["paid"]
            wallets[a["seller"]][0] += a["paid"]
        elif event.name == "BondForfeited":
            wallets[a["agent"]][1] -= a["reward"] + a["open"] + a["burnt"]
            wallets[a["challenger"]][0] += a["reward"]
            wallets[a["challenger"]][1] += a["open"]
        elif event.name == "RewardAwarded":
            wallets[a["challenger"]][1] -= a["points"]
            wallets[a["winner"]][0] += a["points"]
        elif event.name == "Shifted":
            wallets[a["trader"]][0] += a["free"]
            wallets[a["trader"]][1] += a["held"] - a["taken"]
        else:
            free_sign, held_sign = {
                "Deposited": (1, 0),
                "Withdrawn": (-1, 0),
                "Released": (1, -1),
                "BondHeld": (-1, 1),
                "Locked": (-1, 1),
                "BondReleased": (1, -1),
            }[event.name]
            owner = a["agent"] if "agent" in a else a["trader"]
            wallets[owner][0] += free_sign * a["points"]
            wallets[owner][1] += held_sign * a["points"]
    for record in records.rounds:
        for order in record.posted.orders.values():
            wallets[order.trader][0] -= order.reservation_upoints
            wallets[order.trader][1] += order.reservation_upoints
        for trade in record.settled():
            wallets[trade.buyer][0] += trade.reserved_upoints
            wallets[trade.buyer][1] -= trade.reserved_upoints
    return dict(wallets)


def check_ways_out(records: Records) -> Result:
    """MON-2."""
    chain = records.chain
    owed: Counter[ChecksumAddress] = Counter()
    latest = 0
    for record in records.rounds:
        rules = record.market.rules
        for trade in record.unsettled():
            owed[trade.buyer] += trade.reserved_upoints
            latest = max(latest, rules.refunded_by)
        for order, upoints in record.waiting_reservations():
            owed[order.trader] += upoints
            latest = max(latest, 0 if record.is_final else rules.latest_final)
        if record.active is not None:
            owed[record.active.agent] += rules.bond_upoints
            latest = max(latest, record.active.final_from)
    for event in records.money:
        if event.name in ("BondForfeited", "RewardAwarded"):
            a = event.arguments
            owed[a["challenger"]] += a["open"] if event.name == "BondForfeited" else -a["points"]
        elif event.name in ("Locked", "Shifted"):
            a = event.arguments
            owed[a["trader"]] += a["points"] if event.name == "Locked" else a["held"] - a["taken"]
    traders = set(owed) | {event.arguments["trader"] for event in records.money if event.name == "Deposited"}
    faults = []
    for trader, wallet in zip(sorted(traders), points.wallets_of(chain, sorted(traders)), strict=True):
        held = wallet.held_upoints
        if held != owed[trader]:
            known = f"open orders, trades and channels account for {owed[trader]}"
            faults.append(f"{trader} has {held} micro-points held, {known}")
    until = f", free by {latest} at the latest" if latest else ""
    return f"{owed.total()} micro-points held by orders, trades and channels{until}", faults
