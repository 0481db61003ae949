"""Amounts, times and codes in words for people. Amounts are exact, except ether, which is rounded down."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from powerpact.errors import BadChoice
from powerpact.market.forms import word_of
from powerpact.market.rules import Rules
from powerpact.market.schema import EnergySource
from powerpact.market.templates import CATEGORIES
from powerpact.units import MONEY, PPM, PRICE, UPOINTS_PER_POINT, Quantity

NOTHING: Final = "\N{EN DASH}"
"""Shown where there is nothing to show."""

_AMOUNT: Final = re.compile(r"(?P<whole>[0-9]{1,40})(\.(?P<fraction>[0-9]{1,40}))?( *(?P<unit>points?|micro-points))?")
_MOST_CONTEST_S: Final = 30 * 86_400
"""Longest time from the gate to the last moment for a proposal, s (MarketRules.sol)."""

_MOST_REFUND_DELAY_S: Final = 30 * 86_400
"""Longest time to the start of refunds from one slot after all is delivered and final, s (MarketRules.sol)."""

_POINT_DIGITS: Final = 6
_ETHER_DIGITS: Final = 6
_WEI_PER_SHOWN: Final = 10 ** (18 - _ETHER_DIGITS)
_UNITS: Final = ((86_400, "day"), (3_600, "h"), (60, "min"), (1, "s"))


def points(upoints: int) -> str:
    """Micro-points as a decimal number of points, without a unit.

    Examples
    --------
    >>> points(5_500_000), points(7_700), points(2_000_000), points(-1)
    ('5.5', '0.0077', '2', '-0.000001')
    """
    return _decimal(upoints, UPOINTS_PER_POINT, _POINT_DIGITS)


def money(upoints: int) -> str:
    """An amount of money, in micro-points and in points.

    Examples
    --------
    >>> money(7_700), money(1_000_000)
    ('7700 micro-points (0.0077 points)', '1000000 micro-points (1 point)')
    """
    return f"{upoints} micro-points ({_points(upoints)})"


def price(upoints_per_kwh: int) -> str:
    """A price, in micro-points and in points.

    Examples
    --------
    >>> price(95_000)
    '95000 micro-points per kWh (0.095 points)'
    """
    return f"{upoints_per_kwh} micro-points per kWh ({_points(upoints_per_kwh)})"


def parse_money(text: str, field: str = "amount", *, least: int = 1) -> int:
    """Micro-points from an amount: a whole number of them, or with a decimal point or a unit, points.

    Parameters
    ----------
    text : str
        The amount.
    field : str
        What it is, for the error.
    least : int
        The least that it may be, micro-points.

    Raises
    ------
    BadChoice
        If it is no amount, is below the least, has a fraction of a micro-point, or exceeds what contracts count.

    Examples
    --------
    >>> parse_money("5.5"), parse_money("5.0"), parse_money("5 points"), parse_money("5500000")
    (5500000, 5000000, 5000000, 5500000)
    """
    return _parsed(text, field, least, MONEY)


def parse_price(text: str, field: str = "price", *, least: int = 1) -> int:
    """Micro-points per kWh from a price, written as `parse_money` takes amounts.

    Parameters
    ----------
    text : str
        The price.
    field : str
        What it is, for the error.
    least : int
        The least that it may be, micro-points per kWh.

    Raises
    ------
    BadChoice
        If it is no amount, is below the least, has a fraction of a micro-point, or exceeds what contracts count.

    Examples
    --------
    >>> parse_price("0.11"), parse_price("110000"), parse_price("0", least=0)
    (110000, 110000, 0)
    """
    return _parsed(text, field, least, PRICE)


def _parsed(text: str, field: str, least: int, quantity: Quantity) -> int:
    remedy = "Write points with a decimal point, such as 5.5 or 5.0, or whole micro-points, such as 5500000."
    found = _AMOUNT.fullmatch(text.strip())
    if found is None:
        raise BadChoice(field, text, "is not an amount of points", remedy=remedy)
    whole, fraction, unit = found["whole"], (found["fraction"] or "").rstrip("0"), found["unit"]
    is_points = found["fraction"] is not None if unit is None else unit != "micro-points"
    digits = _POINT_DIGITS if is_points else 0
    if len(fraction) > digits:
        raise BadChoice(field, text, "has a fraction of a micro-point", remedy="Points have six decimals.")
    upoints = int(whole + fraction.ljust(digits, "0"))
    if not least <= upoints <= quantity.maximum:
        lowest = f"above {least - 1}" if least else "from 0"
        raise BadChoice(field, text, f"is not {lowest} and at most {quantity.maximum} {quantity.unit}", remedy=remedy)
    return upoints


def share(ppm: int) -> str:
    """A rate in per cent.

    Examples
    --------
    >>> share(900_000), share(925_500), share(1)
    ('90%', '92.55%', '0.0001%')
    """
    return f"{_decimal(ppm, PPM // 100, 4)}%"


def ether(wei: int) -> str:
    """Wei as ether, rounded down to six decimals.

    Examples
    --------
    >>> ether(99_999_668_443_673_944_264), ether(10**18), ether(1), ether(0)
    ('99.999668', '1', 'less than 0.000001', '0')
    """
    if 0 < wei < _WEI_PER_SHOWN:
        return "less than 0.000001"
    return _decimal(wei // _WEI_PER_SHOWN, 10**_ETHER_DIGITS, _ETHER_DIGITS)


def count(number: int, noun: str) -> str:
    """A number with its noun.

    Examples
    --------
    >>> count(1, "order"), count(4, "order")
    ('1 order', '4 orders')
    """
    return f"{number} {noun}{'' if number == 1 else 's'}"


def span(seconds: int) -> str:
    """A length of time, exactly.

    Examples
    --------
    >>> span(45), span(720), span(7_500), span(3_600), span(200_000), span(0)
    ('45 s', '12 min', '2 h 5 min', '1 h', '2 days 7 h 33 min 20 s', '0 s')
    """
    return " ".join(f"{number} {unit}" for number, unit in _parts(seconds) if number) or "0 s"


def about(seconds: int) -> str:
    """A length of time, in its largest unit and the next, rounded down.

    Examples
    --------
    >>> about(90), about(3_602), about(7_500), about(200_000)
    ('1 min 30 s', '1 h', '2 h 5 min', '2 days 7 h')
    """
    parts = list(_parts(seconds))
    first = next((place for place, (number, _) in enumerate(parts) if number), len(parts) - 1)
    shown = [f"{number} {unit}" for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 s"


def moment(time_s: int, zone: tzinfo | None = None, now: int | None = None) -> str:
    """A moment with its offset from UTC, and how far from now it is; a dash for 0.

    Parameters
    ----------
    time_s : int
        Unix seconds.
    zone : tzinfo, optional
        Whose clock to show; by default this machine's.
    now : int, optional
        Unix seconds; without it the distance is left out.

    Examples
    --------
    >>> from datetime import timezone
    >>> moment(1_795_262_400, timezone.utc, 1_795_262_400 - 720)
    '2026-11-21 12:00 +00:00 (in 12 min)'
    >>> moment(1_795_262_400, timezone(timedelta(hours=1)), 1_795_262_400 + 90)
    '2026-11-21 13:00 +01:00 (1 min 30 s ago)'
    """
    if not time_s:
        return NOTHING
    try:
        at = datetime.fromtimestamp(time_s, UTC).astimezone(zone)
    except (OverflowError, ValueError, OSError):
        return str(time_s)  # beyond the calendar: a suspension without end, for instance
    shown = f"{at:%Y-%m-%d %H:%M:%S}" if at.second else f"{at:%Y-%m-%d %H:%M}"
    shown += f" {_offset(at.utcoffset() or timedelta())}"
    if now is None:
        return shown
    if time_s == now:
        return f"{shown} (now)"
    return f"{shown} (in {about(time_s - now)})" if time_s > now else f"{shown} ({about(now - time_s)} ago)"


def source(code: int) -> str:
    """The word of an energy source, or its code if it has none.

    Examples
    --------
    >>> source(1), source(2), source(77)
    ('solar', 'wind', 'code 77')
    """
    try:
        return word_of(EnergySource(code))
    except ValueError:
        return f"code {code}"


def labels_of(rules: Rules, category: str) -> dict[int, str]:
    """The labels of a category's classes by code, as far as they are known.

    The category that is filled with the device's energy source has the sources; others those of the template, if they
    have the name of one of its categories.
    """
    if category == rules.source_category:
        return {int(member): word_of(member) for member in EnergySource}
    return dict(enumerate(CATEGORIES.get(category, ()), start=1))


def category_labels(rules: Rules, category: str) -> str:
    """What a class of a category may be, such as ``A or B``."""
    return " or ".join(labels_of(rules, category).values()) or "1 to 255"


def class_label(rules: Rules, category: str, code: int) -> str:
    """The label of a class, or its code if it has none; a dash for 0, which requires nothing."""
    return labels_of(rules, category).get(code, f"code {code}") if code else NOTHING


def classes(rules: Rules, codes: bytes) -> str:
    """The classes of an order in words, such as ``source=solar, grade=A``; empty if none is stated."""
    named = zip(rules.categories, codes, strict=False)
    return ", ".join(f"{category}={class_label(rules, category, code)}" for category, code in named if code)


def wrong_times(rules: Rules, now: int, readings_wait_s: int, zone: tzinfo | None = None) -> list[str]:
    """What is wrong with the times of a market that would be opened now, each in words; empty if nothing is.

    Parameters
    ----------
    rules : Rules
        The market's.
    now : int
        Time of the chain, Unix seconds.
    readings_wait_s : int
        The deployment's (`Parameters.readings_wait_s`), s.
    zone : tzinfo, optional
        In which times are told.
    """
    settled = max(rules.slot.end, rules.latest_final) + rules.slot_length_s
    read = rules.slot.end + readings_wait_s
    earliest = max(settled, read)

    def at(time_s: int) -> str:
        return moment(time_s, zone, now)

    clauses = {
        f"the gate, {at(rules.closes_at)}, is not ahead": rules.closes_at > now,
        f"the gate, {at(rules.closes_at)}, is after the slot's start, {at(rules.slot_start)}": (
            rules.closes_at <= rules.slot_start
        ),
        f"the time for a final round ends {at(rules.final_by)}, not after the gate": rules.final_by > rules.closes_at,
        f"the time for a final round ends {at(rules.final_by)}, more than 30 days after the gate": (
            rules.final_by <= rules.closes_at + _MOST_CONTEST_S
        ),
        f"refunds start {at(rules.refund_from)}, before {at(settled)}: one slot after all is delivered and final": (
            rules.refund_from >= settled
        ),
        f"refunds start {at(rules.refund_from)}, before {at(read)}: one longest slot after all readings are final": (
            rules.refund_from >= read
        ),
        f"refunds start {at(rules.refund_from)}, more than 30 days after {at(earliest)}": (
            rules.refund_from <= earliest + _MOST_REFUND_DELAY_S
        ),
    }
    return [problem for problem, holds in clauses.items() if not holds]


def _parts(seconds: int) -> Iterator[tuple[int, str]]:
    """Number and name of each unit of time, the largest first."""
    for size, name in _UNITS:
        number, seconds = divmod(seconds, size)
        yield number, "days" if name == "day" and number != 1 else name


def _points(upoints: int) -> str:
    return f"{points(upoints)} point{'' if upoints == UPOINTS_PER_POINT else 's'}"


def _decimal(number: int, scale: int, digits: int) -> str:
    whole, rest = divmod(abs(number), scale)
    text = f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".")
    return f"-{text}" if number < 0 else text


def _offset(offset: timedelta) -> str:
    minutes = round(offset.total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"
