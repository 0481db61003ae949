"""A utility's tariff as a file, prices in its own currency; the first bad field is named with value and remedy.

.. code-block:: json

    {"schema": "powerpact/tariff/1", "name": "Stadtwerke, day and night", "currency": "EUR", "points_per_unit": 100,
     "retail": {"price": 0.31, "windows": [
        {"price": 0.38, "from": "17:00", "to": "21:00", "days": "weekdays", "months": [11, 12, 1, 2]}]},
     "feed_in": 0.08}

A price is for a kWh. It is a number, or an object with a ``price`` and ``windows``, of which the first that holds at
the start of a slot gives its price. A window holds from ``from`` on and before ``to`` on the local clock, over midnight
if ``to`` is not later; ``days`` (``all``, ``weekdays``, ``weekend``) and ``months`` may be left out.
"""

from __future__ import annotations

import json
import re
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from powerpact.errors import MalformedInput
from powerpact.simulation.tariff import ALL_MONTHS, Days, Money, Rate, Tariff, Window
from powerpact.units import PRICE, UPOINTS_PER_POINT

SCHEMA: Final = "powerpact/tariff/1"
MAX_NAME: Final = 120
"""Longest name of a tariff, characters."""
MAX_POINTS_PER_UNIT: Final = 1_000_000
CURRENCY: Final = re.compile(r"[A-Z]{3}")
CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
MIDNIGHT: Final = "24:00"
EXAMPLE: Final = "0.31"


def parse_tariff(text: str | bytes) -> Tariff:
    """The tariff in a file's text.

    Raises
    ------
    MalformedInput
        At the first field that is missing, unknown or has an invalid value.

    Examples
    --------
    >>> tariff = parse_tariff('{"schema": "powerpact/tariff/1", "name": "flat", "currency": "EUR",'
    ...                       ' "points_per_unit": 100, "retail": 0.31, "feed_in": "0.08"}')
    >>> tariff.retail.base_upoints_per_kwh, tariff.feed_in.base_upoints_per_kwh
    (31000000, 8000000)
    """
    try:
        data = json.loads(text, parse_float=Decimal, parse_constant=str)
    except ValueError as error:
        raise MalformedInput("$", f"is not JSON: {error}", remedy="Write it as docs/data.md shows.") from error
    _members("$", data, {"schema", "name", "currency", "points_per_unit", "retail", "feed_in"}, set())
    if data["schema"] != SCHEMA:
        raise _bad("$.schema", data["schema"], f"is not {SCHEMA!r}", f"Write {SCHEMA}.")
    name, currency, points = data["name"], data["currency"], data["points_per_unit"]
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise _bad("$.name", name, "is not a name", f"Give 1 to {MAX_NAME} printable characters.")
    if not isinstance(currency, str) or not CURRENCY.fullmatch(currency):
        raise _bad("$.currency", currency, "is not the code of a currency", "Write three capitals, such as EUR.")
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= MAX_POINTS_PER_UNIT:
        problem = f"is not a whole number from 1 to {MAX_POINTS_PER_UNIT}"
        raise _bad("$.points_per_unit", points, problem, "Say how many points one unit of the currency is worth.")
    money = Money(currency, points)
    return Tariff(name, _rate("$.retail", data["retail"], money), _rate("$.feed_in", data["feed_in"], money), money)


def _rate(path: str, value: Any, money: Money) -> Rate:
    """A price with its times of use."""
    if not isinstance(value, dict):
        return Rate(_price(path, value, money))
    _members(path, value, {"price"}, {"windows"})
    windows = value.get("windows", [])
    if not isinstance(windows, list):
        raise _bad(f"{path}.windows", windows, "is not a list", "Give a list of windows, or leave it out.")
    return Rate(
        _price(f"{path}.price", value["price"], money),
        tuple(_window(f"{path}.windows[{place}]", window, money) for place, window in enumerate(windows)),
    )


def _window(path: str, value: Any, money: Money) -> Window:
    """A time of use."""
    _members(path, value, {"price", "from", "to"}, {"days", "months"})
    days, months = value.get("days", Days.ALL), value.get("months", sorted(ALL_MONTHS))
    if days not in set(Days):
        raise _bad(f"{path}.days", days, "is unknown", f"Write one of {', '.join(Days)}.")
    if not isinstance(months, list) or not months or not all(_is_month(month) for month in months):
        raise _bad(f"{path}.months", months, "is not a list of months", "Give numbers from 1 to 12, such as [6, 7, 8].")
    return Window(
        _price(f"{path}.price", value["price"], money),
        _clock(f"{path}.from", value["from"]),
        _clock(f"{path}.to", value["to"]),
        Days(days),
        frozenset(months),
    )


def _price(path: str, value: Any, money: Money) -> int:
    """A price for a kWh in the currency, as micro-points per kWh."""
    try:
        if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
            raise InvalidOperation
        upoints = Decimal(value) * money.upoints_per_unit
    except InvalidOperation:
        problem = f"is not a price in {money.currency} per kWh"
        raise _bad(path, value, problem, f"Write a number such as {EXAMPLE}.") from None
    if not upoints.is_finite() or not 0 <= upoints <= PRICE.maximum:
        most = Decimal(PRICE.maximum) / money.upoints_per_unit
        problem = f"is not from 0 to {most:f} {money.currency} per kWh"
        raise _bad(path, value, problem, "Write the price of a kWh, not below 0; or choose fewer points per unit.")
    if upoints != int(upoints):
        problem = f"is finer than a micro-point, 1/{money.points_per_unit * UPOINTS_PER_POINT} {money.currency}"
        raise _bad(path, value, problem, "Round the price.")
    return int(upoints)


def _clock(path: str, value: Any) -> time:
    """A local clock time; the end of the day is midnight."""
    if value == MIDNIGHT:
        return time()
    if not isinstance(value, str) or not CLOCK.fullmatch(value):
        raise _bad(path, value, "is not a clock time", "Write it as 17:00.")
    return time.fromisoformat(value)


def _is_month(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value in ALL_MONTHS


def _members(path: str, value: Any, needed: set[str], optional: set[str]) -> None:
    """An object with the members that it needs and no unknown one."""
    if not isinstance(value, dict):
        raise _bad(path, value, "is not an object", f"Write {{…}} with {', '.join(sorted(needed))}.")
    missing, unknown = sorted(needed - set(value)), sorted(set(value) - needed - optional)
    if missing:
        raise MalformedInput(f"{path}.{missing[0]}", "is missing", remedy="Add it, as docs/data.md shows.")
    if unknown:
        known = ", ".join(sorted(needed | optional))
        raise _bad(f"{path}.{unknown[0]}", value[unknown[0]], "is unknown", f"Known here: {known}.")


def _bad(path: str, value: Any, problem: str, remedy: str) -> MalformedInput:
    shown = str(value) if isinstance(value, Decimal) else repr(value)
    return MalformedInput(path, f"{shown[:80]} {problem}", value, remedy=remedy)
