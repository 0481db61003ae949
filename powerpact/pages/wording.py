"""Numbers and sentences of the report, the same in the terminal and on the page."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Final

from powerpact.pages.model import DayReport
from powerpact.pages.parts import HomeReport, share_ppm
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


def money(report: DayReport, upoints: int | None, digits: int = 2) -> str:
    """Write money in the currency of the report's tariff, without its name."""
    return (
        NOTHING if upoints is None else _fixed(Decimal(upoints) / (report.points_per_unit * UPOINTS_PER_POINT), digits)
    )


def price(report: DayReport, upoints_per_kwh: int | None, digits: int = 4) -> str:
    """Write a price in the currency per kWh, without its name."""
    return money(report, upoints_per_kwh, digits)


def slot_name(report: DayReport) -> str:
    """What people call a slot of the report's length."""
    return {900: "quarter of an hour", 1_800: "half hour", 3_600: "hour"}.get(report.slot_s, "slot")


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
        f"Of {kwh(report.load_wh, 1)} kWh that the homes used, their own panels covered {own} in the same "
        f"{slot_name(report)}, their neighbours {neighbours}, and the grid the rest."
    )
    if not report.grid_export_wh:
        return f"{sentence} Nothing was left over."
    most = max(report.slots, key=lambda slot: slot.grid_export_wh)
    return (
        f"{sentence} {kwh(report.grid_export_wh, 1)} kWh of solar energy went to the grid, most of it in the "
        f"{slot_name(report)} from {most.clock}."
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
        f"Neighbours traded at {price(report, mean)} {report.currency} per kWh on average: buyers paid "
        f"{price(report, retail - mean)} less than to the utility, and sellers got "
        f"{price(report, mean - feed_in)} more."
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
        f"{count(len(report.trades))} in full. Shortfalls cost them {money(report, penalty)} {report.currency}."
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
        f"The market {saved} the homes {money(report, abs(report.saving_upoints))} {report.currency} in sum; "
        f"{count(better)} of {count(len(report.homes))} are better off than with the utility alone"
    )
    if not worse:
        return f"{sentence}, nobody worse."
    return f"{sentence}, {count(worse)} worse."


def loss_sentence(report: DayReport, home: HomeReport) -> str:
    """Say why a home lost: what it bought in vain, and what it promised in vain."""
    reasons = []
    if home.unused_cost_upoints > 0:
        reasons.append(
            (
                home.unused_cost_upoints,
                f"it bought {kwh(home.bought_wh, 1)} kWh and then needed {kwh(home.neighbour_used_wh, 1)} of them; the "
                f"rest went on to the grid for {money(report, home.unused_cost_upoints)} {report.currency} less than "
                "it cost",
            )
        )
    if home.penalty_paid_upoints:
        reasons.append(
            (
                home.penalty_paid_upoints,
                f"it delivered less than it had sold and paid penalties of "
                f"{money(report, home.penalty_paid_upoints)} {report.currency}",
            )
        )
    loss = f"{home.home} lost {money(report, -home.saving_upoints, 4)} {report.currency}"
    if not reasons:
        return f"{loss}: its trades were rounded to its disadvantage."
    return f"{loss}: {', and '.join(text for _, text in sorted(reasons, reverse=True))}."


def savings_caption(report: DayReport) -> str:
    """Say what the bars of the savings are, and what a point is."""
    return (
        f"What each home paid less, or more, than with the utility alone, in {report.currency} for the day. "
        f"{report.points_per_unit} points are one {report.currency}."
    )


def yearly_sentence(report: DayReport) -> str:
    """Say what the day means for one home, and for a year of such days."""
    mean = report.saving_upoints // max(1, len(report.homes))
    return (
        f"A home saved {money(report, mean, 4)} {report.currency} on average. A year of days like this one would come "
        f"to {money(report, 365 * mean)} {report.currency}; sunny and dark days differ by far, so take it as an order "
        "of magnitude and run other days, too."
    )


def tariff_sentence(report: DayReport) -> str:
    """Say which prices the utility has."""
    return f"Prices of the utility: {report.tariff}; {report.points_per_unit} points are one {report.currency}."


SHARING_CAPTION: Final = (
    "Energy that one home lacked while another had it to spare, in the same slot: what neighbours used of it, and what "
    "became of the rest. Each reason is counted after those above it."
)


def sharing_parts(report: DayReport) -> list[tuple[str, int]]:
    """What was shared, and each reason why no more was, with its energy, Wh."""
    sharing = report.sharing
    chosen = (
        "matched one order to one other"
        if report.mode == "one-to-one"
        else "traded otherwise, or bought and not needed"
    )
    return [
        ("shared", sharing.shared_wh),
        ("home stayed out, unsure of its side", sharing.stayed_out_wh),
        ("order smaller than the day allowed", sharing.caution_wh),
        ("bid below the seller's minimum", sharing.price_wh),
        ("other terms did not fit: classes, limits", sharing.terms_wh),
        (chosen, sharing.matching_wh),
    ]


def sharing_sentence(report: DayReport) -> str:
    """Say how much neighbours could have shared, how much they did, and the main reason for the difference."""
    sharing = report.sharing
    if not sharing.could_wh:
        return f"There was no {slot_name(report)} in which one home lacked what another had to spare."
    sentence = (
        f"Neighbours could have shared {kwh(sharing.could_wh, 1)} kWh and shared {kwh(sharing.shared_wh, 1)}, "
        f"{percent(share_ppm(sharing.shared_wh, sharing.could_wh), 0)} of it"
    )
    lost = [(energy_wh, reason) for reason, energy_wh in sharing_parts(report)[1:] if energy_wh]
    if not lost:
        return f"{sentence}."
    energy_wh, reason = max(lost)
    return f"{sentence}. Most of the rest: {reason} ({kwh(energy_wh, 1)} kWh)."


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
