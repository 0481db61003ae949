"""Numbers and sentences of the report, the same in the terminal and on the page."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from powerpact.pages.model import DayReport
from powerpact.pages.parts import share_ppm
from powerpact.units import PPM, UPOINTS_PER_POINT, WH_PER_KWH

NOTHING: Final = "\N{EN DASH}"
"""Shown where there is no number."""
MINUS: Final = "\N{MINUS SIGN}"
THIN: Final = "\N{NARROW NO-BREAK SPACE}"
PERCENT: Final = PPM // 100


def _fixed(value: Decimal, digits: int) -> str:
    """Round halves to even; thousands apart by a narrow space; a real minus sign."""
    rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)
    text = f"{abs(rounded):,.{digits}f}".replace(",", THIN)
    return f"{MINUS}{text}" if rounded < 0 else text


def kwh(energy_wh: int, digits: int = 3) -> str:
    """Write energy in kWh; three digits are exact.

    Examples
    --------
    >>> kwh(1234), kwh(71, 1)
    ('1.234', '0.1')
    """
    return _fixed(Decimal(energy_wh) / WH_PER_KWH, digits)


def points(upoints: int | None, digits: int = 2) -> str:
    """Write money in points, or a price in points per kWh.

    Examples
    --------
    >>> points(12_345_678, 4), points(None) == NOTHING
    ('12.3457', True)
    """
    return NOTHING if upoints is None else _fixed(Decimal(upoints) / UPOINTS_PER_POINT, digits)


def percent(rate_ppm: int | None, digits: int = 1) -> str:
    """Write a rate in percent.

    Examples
    --------
    >>> percent(769_999), percent(1_000_000, 0)
    ('77.0%', '100%')
    """
    return NOTHING if rate_ppm is None else f"{_fixed(Decimal(rate_ppm) / PERCENT, digits)}%"


def count(number: int) -> str:
    """Write a whole number.

    Examples
    --------
    >>> count(12345) == f"12{THIN}345"
    True
    """
    return _fixed(Decimal(number), 0)


def seconds(duration: float) -> str:
    """Write a duration in seconds.

    Examples
    --------
    >>> seconds(0.0421), seconds(12.345)
    ('0.042', '12.3')
    """
    return f"{duration:.3f}" if duration < 1 else f"{duration:.1f}"


def plural(number: int, noun: str) -> str:
    """Write a number with its noun.

    Examples
    --------
    >>> plural(1, "trade"), plural(2, "trade")
    ('1 trade', '2 trades')
    """
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def subtitle(report: DayReport) -> str:
    """Say when, who and how many."""
    day = date.fromisoformat(report.day)
    return (
        f"{day:%A}, {day.day} {day:%B %Y} · {plural(len(report.homes), 'home')} · "
        f"{plural(len(report.slots), 'round')} · seed {report.seed}"
    )


def energy_sentence(report: DayReport) -> str:
    """Say what covered the load and what was left over."""
    neighbours = percent(share_ppm(report.neighbour_used_wh, report.load_wh))
    own = percent(share_ppm(report.own_solar_used_wh, report.load_wh))
    sentence = (
        f"Of {kwh(report.load_wh, 1)} kWh that the homes used, their own panels covered {own} in the same hour, "
        f"their neighbours {neighbours}, and the grid the rest."
    )
    if not report.grid_export_wh:
        return f"{sentence} Nothing was left over."
    most = max(report.slots, key=lambda slot: slot.grid_export_wh)
    return (
        f"{sentence} {kwh(report.grid_export_wh, 1)} kWh of solar energy found no buyer, most of it in the hour "
        f"from {most.clock}."
    )


def price_sentence(report: DayReport) -> str:
    """Say where the prices were between those of the utility."""
    mean = report.mean_price_upoints_per_kwh
    if mean is None:
        return "Nobody traded, so there are no prices."
    weights = [(slot.promised_wh, slot) for slot in report.slots if slot.promised_wh]
    retail = sum(weight * slot.retail_upoints_per_kwh for weight, slot in weights) // report.promised_wh
    feed_in = sum(weight * slot.feed_in_upoints_per_kwh for weight, slot in weights) // report.promised_wh
    return (
        f"Neighbours traded at {points(mean)} points per kWh on average: buyers paid {points(retail - mean)} less "
        f"than to the utility, and sellers got {points(mean - feed_in)} more."
    )


def delivery_sentence(report: DayReport) -> str:
    """Say how much of what was promised was delivered."""
    if not report.trades:
        return "Nothing was promised."
    full = sum(trade.delivered_wh == trade.promised_wh for trade in report.trades)
    penalty = sum(trade.penalty_upoints for trade in report.trades)
    return (
        f"Sellers promised {kwh(report.promised_wh, 1)} kWh from what they knew the day before and delivered "
        f"{percent(share_ppm(report.delivered_wh, report.promised_wh))} of it; {plural(full, 'trade')} of "
        f"{count(len(report.trades))} in full. Shortfalls cost them {points(penalty)} points."
    )


def pairs_sentence(report: DayReport) -> str:
    """Say who traded with whom."""
    flows: Counter[tuple[str, str]] = Counter()
    for trade in report.trades:
        flows[trade.seller, trade.buyer] += trade.delivered_wh
    if not flows:
        return "Nobody traded."
    (seller, buyer), energy_wh = max(flows.items(), key=lambda item: (item[1], item[0]))
    sellers = len({trade.seller for trade in report.trades})
    buyers = len({trade.buyer for trade in report.trades})
    return (
        f"{plural(sellers, 'home')} sold and {plural(buyers, 'home')} bought, in {plural(len(flows), 'pair')}. "
        f"The largest flow, {kwh(energy_wh)} kWh, went from {seller} to {buyer}."
    )


def saving_sentence(report: DayReport) -> str:
    """Say whom the market served."""
    better = sum(home.saving_upoints > 0 for home in report.homes)
    worse = sum(home.saving_upoints < 0 for home in report.homes)
    saved = "saved" if report.saving_upoints >= 0 else "cost"
    sentence = (
        f"The market {saved} the homes {points(abs(report.saving_upoints))} points in sum; "
        f"{count(better)} of {count(len(report.homes))} are better off than with the utility alone"
    )
    if not worse:
        return f"{sentence}, nobody worse."
    return f"{sentence}, {count(worse)} worse, since they bought more than they then needed or delivered less."


def gas_sentence(report: DayReport) -> str:
    """Say where the gas went."""
    if not report.gas_total:
        return "No gas was measured."
    largest = max(report.gas, key=lambda step: step.gas)
    sentence = (
        f"The day took {count(report.gas_total)} gas in "
        f"{plural(sum(step.transactions for step in report.gas), 'transaction')}, "
        f"{percent(share_ppm(largest.gas, report.gas_total), 0)} of it for “{largest.step}”"
    )
    if not report.trades:
        return f"{sentence}."
    return f"{sentence}: {count(report.gas_total // len(report.trades))} for each trade, set-up included."


def proof_sentence(report: DayReport) -> str:
    """Say whether the laws hold."""
    broken = [check.id for check in report.invariants if not check.holds]
    if not report.invariants:
        return "No invariant was checked."
    checked = f"{plural(len(report.invariants), 'invariant')} checked against the chain after the last payout"
    return f"Of {checked}, broken: {', '.join(broken)}." if broken else f"All hold: {checked}."
