"""The end of a large round: readings, payments, and the last certificate."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.bulk import Total
from powerpact.agent import Agent
from powerpact.chain.contracts import certificates, meters
from powerpact.chain.transactions import Mined
from powerpact.market.orders import Side
from testkit.chains import Receipt
from testkit.market import TestMarket

BATCH = 100
"""Readings, or devices, in one go."""


def report(market: TestMarket) -> list[Receipt]:
    """Let every seller's meter report what it offered and a tenth more, in batches."""
    orders = [order for order in market.orders().values() if order.side is Side.SELL]
    exported_wh = {order.device: order.energy_wh + order.energy_wh // 10 for order in orders}
    devices = list(exported_wh)
    pieces = (devices[first : first + BATCH] for first in range(0, len(devices), BATCH))
    return [market.report({device: exported_wh[device] for device in piece}) for piece in pieces]


def settle(market: TestMarket, agent: Agent) -> Total:
    """Let the agent pay every trade, and release what did not trade."""
    settled = agent.settle(market.id)
    if settled.waiting or settled.refunded:
        raise RuntimeError(f"{settled.waiting} trades wait, {settled.refunded} are refunded")
    return total_of(settled.transactions)


def issue(market: TestMarket, agent: Agent) -> Total:
    """Certify to the sellers what their devices exported beyond what they sold, one device after another."""
    chain, slot = agent.chain, market.slot
    measured = meters.measured_in(chain, slot)
    left = meters.uncertified(chain, measured, slot)
    calls = [meters.issue(chain, slot, measured[device]) for device in left]
    pieces = (calls[first : first + BATCH] for first in range(0, len(calls), BATCH))
    return total_of([mined for piece in pieces for mined in agent.sender.send_all(piece)])


def check_certificates(market: TestMarket, agent: Agent) -> None:
    """Every Wh that was measured is certified, and none more."""
    moved = certificates.transfers_in(agent.chain.events("GreenCertificates", "TransferSingle", "TransferBatch"))
    minted = [transfer for transfer in moved if transfer.source == certificates.NOBODY]
    minted_wh = sum(lot.energy_wh for lot in minted if certificates.lot_of(lot.id)[1] == market.slot)
    measured = meters.measured_in(agent.chain, market.slot).values()
    measured_wh = sum(reading.exported_wh for proven in measured for reading, _ in proven)
    if minted_wh != measured_wh:
        raise RuntimeError(f"{minted_wh} Wh are certified, {measured_wh} Wh were measured")


def total_of(transactions: Sequence[Mined]) -> Total:
    """What transactions took together."""
    gas = [mined.gas_used for mined in transactions]
    return Total(len(gas), sum(gas), max(gas, default=0), len({mined.block for mined in transactions}))
