"""Orders from what a trader states in the market's terms: names of attributes and categories, labels of classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

from powerpact.errors import BadChoice
from powerpact.market.orders import Order, Side, equal_weights_ppm, indifferent
from powerpact.market.rules import Kind, MarketAttribute, Mode, Rules
from powerpact.market.wording import category_labels, labels_of
from powerpact.units import ATTRIBUTE, MAX_ATTRIBUTES, MAX_CATEGORIES, PPM

_MAX_CODE: Final = 255

_USUAL_MIN_FILL_PPM: Final = 500_000


@dataclass(frozen=True, slots=True)
class Want:
    """What a buyer wants of one attribute.

    Attributes
    ----------
    expect : int
        From here on the buyer is fully satisfied, attribute units.
    limit : int
        Beyond it the pair is eliminated, attribute units.
    weight_ppm : int, optional
        Its share in the buyer's satisfaction; None: equal to that of the other attributes named.
    """

    expect: int
    limit: int
    weight_ppm: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What the orders of both sides say.

    Attributes
    ----------
    trader : ChecksumAddress
        Who signs and trades.
    energy_wh : int
        Energy wanted or offered, Wh.
    nonce : int
        See `powerpact.market.orders.next_nonce`.
    expiry : int, optional
        Unix seconds; None: when the gate closes.
    min_fill_ppm : int
        See `powerpact.market.orders.Order`; 0 in divisible mode.
    accept : bool
        See `powerpact.market.orders.Order`; False until its rule is built.
    """

    trader: ChecksumAddress
    energy_wh: int
    nonce: int
    expiry: int | None = None
    min_fill_ppm: int = 0
    accept: bool = False


def buy_order(
    rules: Rules,
    common: Common,
    bid_upoints_per_kwh: int,
    *,
    wants: Mapping[str, Want] | None = None,
    require: Mapping[str, int | str] | None = None,
    meter: int = 0,
) -> Order:
    """A buyer's order in a market.

    Parameters
    ----------
    rules : Rules
        The market's.
    common : Common
        Trader, energy, nonce and the like.
    bid_upoints_per_kwh : int
        Most that the buyer pays.
    wants : mapping of str to Want, optional
        By attribute; one that is not named does not matter to the buyer.
    require : mapping of str to (int or str), optional
        By category what the seller must be, a code or a label of the template.
    meter : int
        The buyer's meter, in a market where its import counts; else 0.

    Raises
    ------
    BadChoice
        If a name is not in the market's schema, weights are given for some attributes only or do not sum to one, a
        limit is beyond its expectation, a class has no such code, a meter is missing or does not count, the order is
        below the market's least, asks for a least fill that the mode does not know, or expires before the gate closes.
    FieldWithoutRule
        If a field without a rule is not neutral.
    """
    if rules.is_metered and meter == 0:
        raise BadChoice(
            "meter", meter, "is no meter", remedy="The buyer's import counts in this market: name its meter."
        )
    if meter != 0 and not rules.is_metered:
        raise BadChoice("meter", meter, "does not count in this market", remedy="Leave it out.")
    levels, limits, weights_ppm = buyer_terms(rules, wants or {})
    order = Order(
        side=Side.BUY,
        trader=common.trader,
        energy_wh=common.energy_wh,
        price_upoints_per_kwh=bid_upoints_per_kwh,
        levels=levels,
        limits=limits,
        weights_ppm=weights_ppm,
        classes=class_codes(rules, require or {}),
        device=meter,
        nonce=common.nonce,
        expiry=rules.closes_at if common.expiry is None else common.expiry,
        min_fill_ppm=common.min_fill_ppm,
        accept=common.accept,
    )
    _check_size(rules, order)
    order.check_neutral()
    return order


def sell_order(
    rules: Rules,
    common: Common,
    ask_upoints_per_kwh: int,
    min_upoints_per_kwh: int,
    device: int,
    *,
    declared: Mapping[str, int] | None = None,
    classes: Mapping[str, int | str] | None = None,
) -> Order:
    """A seller's order in a market; what is attested about the seller stays zero.

    Parameters
    ----------
    rules : Rules
        The market's.
    common : Common
        Trader, energy, nonce and the like.
    ask_upoints_per_kwh : int
        Price that satisfies the seller fully.
    min_upoints_per_kwh : int
        Least that the seller accepts.
    device : int
        Device that delivers.
    declared : mapping of str to int, optional
        By attribute the values that the seller states; 0 where none is stated.
    classes : mapping of str to (int or str), optional
        By category what the seller is, a code or a label of the template.

    Raises
    ------
    BadChoice
        If a name is not in the market's schema, a class has no such code or is missing, the order is below the market's
        least, asks for a least fill that the mode does not know, or expires before the gate closes.
    FieldWithoutRule
        If a field without a rule is not neutral.
    """
    order = Order(
        side=Side.SELL,
        trader=common.trader,
        energy_wh=common.energy_wh,
        price_upoints_per_kwh=ask_upoints_per_kwh,
        levels=declared_values(rules, declared or {}),
        min_upoints_per_kwh=min_upoints_per_kwh,
        classes=class_codes(rules, classes or {}),
        device=device,
        nonce=common.nonce,
        expiry=rules.closes_at if common.expiry is None else common.expiry,
        min_fill_ppm=common.min_fill_ppm,
        accept=common.accept,
    )
    _check_size(rules, order)
    order.check_neutral()
    require_classes(rules, order.classes)
    return order


def buyer_terms(rules: Rules, wants: Mapping[str, Want]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Expectations, limits and weights of a buyer, eight of each.

    An attribute that the buyer does not name has a limit that no value exceeds, and weight 0. Left out, weights are
    equal, over all attributes if none is named.
    """
    names = _names(rules, "term", wants)
    weighted = {name for name, want in wants.items() if want.weight_ppm is not None}
    if weighted and weighted != set(wants):
        odd = next(name for name in wants if name not in weighted)
        raise BadChoice("term", odd, "has no weight, but others have weights", remedy="Weigh all of them, or none.")
    total_ppm = sum(want.weight_ppm or 0 for want in wants.values())
    if weighted and total_ppm != PPM:
        raise BadChoice("term", total_ppm, "is the sum of the weights", remedy=f"Let them sum to {PPM} ppm.")
    stated = [name for name in names if name in wants] or names
    equal = dict(zip(stated, equal_weights_ppm(len(stated)), strict=True))
    levels, limits, weights_ppm = ([0] * MAX_ATTRIBUTES for _ in range(3))
    for f, entry in enumerate(rules.attributes):
        want = wants.get(entry.name) or _indifferent(entry)
        _check_want(entry, want)
        levels[f], limits[f] = want.expect, want.limit
        weights_ppm[f] = want.weight_ppm or 0 if weighted else equal.get(entry.name, 0)
    return tuple(levels), tuple(limits), tuple(weights_ppm)


def declared_values(rules: Rules, declared: Mapping[str, int]) -> tuple[int, ...]:
    """The values that a seller states, eight of them."""
    names = _names(rules, "attribute", declared)
    values = [0] * MAX_ATTRIBUTES
    for name, value in declared.items():
        values[names.index(name)] = value
    return tuple(values)


def class_codes(rules: Rules, classes: Mapping[str, int | str]) -> bytes:
    """Class codes, eight bytes: a number from 1 to 255, or a label of the template's category."""
    codes = bytearray(MAX_CATEGORIES)
    for name, value in classes.items():
        if name not in rules.categories:
            raise _unknown("class", name, rules.categories)
        codes_of = {label: code for code, label in labels_of(rules, name).items()}
        code = int(value) if isinstance(value, int) or value.isdecimal() else codes_of.get(value)
        if code is None or not 0 < code <= _MAX_CODE:
            remedy = f"Write a number from 1 to {_MAX_CODE}" + (f", or {' or '.join(codes_of)}." if codes_of else ".")
            raise BadChoice("class", f"{name}={value}", "has no such code", remedy=remedy)
        codes[rules.categories.index(name)] = code
    return bytes(codes)


def require_classes(rules: Rules, codes: bytes) -> None:
    """A seller's class of every category but the one that the device's energy source fills.

    Raises
    ------
    BadChoice
        If one is missing, with the categories that are needed and the labels of their classes.
    """
    stated = [name for name in rules.categories if name != rules.source_category]
    missing = [name for name in stated if not codes[rules.categories.index(name)]]
    if missing:
        needed = ", ".join(f"--class {name}={category_labels(rules, name)}" for name in missing)
        problem = "is missing" if len(missing) == 1 else "are missing"
        raise BadChoice("class", ", ".join(missing), problem, remedy=f"A seller states what it is: {needed}.")


def require_capacity(energy_wh: int, device: int, capacity_wh: int, intervals: int) -> None:
    """A sell order within the capacity of its device.

    Parameters
    ----------
    energy_wh : int
        Energy offered, Wh.
    device : int
        Id of the device.
    capacity_wh : int
        The most energy in one base interval, Wh.
    intervals : int
        Base intervals in the slot.

    Raises
    ------
    BadChoice
        If it is not: the device could never deliver it.
    """
    most_wh = capacity_wh * intervals
    if energy_wh > most_wh:
        problem = f"is above the capacity of device {device}, {most_wh} Wh in the slot"
        raise BadChoice("energy", f"{energy_wh} Wh", problem, remedy="Offer less, or use another device.")


def usual_min_fill_ppm(mode: Mode) -> int:
    """The least fill that a trader is advised to state: half of the energy, so that dust takes no whole order."""
    return _USUAL_MIN_FILL_PPM if mode is Mode.ONE_TO_ONE else 0


def _check_size(rules: Rules, order: Order) -> None:
    """The order is as large as the market asks, and counts whenever it is posted."""
    if order.energy_wh < rules.least_energy_wh:
        remedy = f"This market takes orders from {rules.least_energy_wh} Wh on."
        raise BadChoice("energy", f"{order.energy_wh} Wh", "is below the market's least", remedy=remedy)
    least_upoints = rules.least_reservation_upoints
    if order.side is Side.BUY and order.reservation_upoints < least_upoints:
        remedy = f"A buy order reserves {least_upoints} micro-points at least: buy more, or bid more."
        raise BadChoice("reservation", order.reservation_upoints, "is below the market's least", remedy=remedy)
    if not 0 <= order.min_fill_ppm <= PPM:
        raise BadChoice("min_fill_ppm", order.min_fill_ppm, f"is not from 0 to {PPM}")
    if order.min_fill_ppm and rules.mode is Mode.DIVISIBLE:
        raise BadChoice(
            "min_fill_ppm", order.min_fill_ppm, "has no meaning in a divisible market", remedy="Leave it 0."
        )
    if order.expiry < rules.closes_at:
        remedy = f"Let it expire at {rules.closes_at} or later: whether an order trades must not depend on the clock."
        raise BadChoice("expiry", order.expiry, "is before the gate closes", remedy=remedy)


def _indifferent(entry: MarketAttribute) -> Want:
    """What satisfies a buyer whatever the value is."""
    return Want(*indifferent(entry.kind), 0)


def _check_want(entry: MarketAttribute, want: Want) -> None:
    for value in (want.expect, want.limit):
        if not 0 <= value <= ATTRIBUTE.maximum:
            raise BadChoice("term", f"{entry.name}={value}", f"is not from 0 to {ATTRIBUTE.maximum}")
    low, high = (want.limit, want.expect) if entry.kind is Kind.INCOME else (want.expect, want.limit)
    if low > high:
        remedy = f"{entry.name} is {'an income' if entry.kind is Kind.INCOME else 'a cost'}: turn the two round."
        raise BadChoice("term", f"{entry.name}={want.expect}:{want.limit}", "has its limit before it", remedy=remedy)


def _names(rules: Rules, field: str, given: Mapping[str, object]) -> list[str]:
    names = [entry.name for entry in rules.attributes]
    for name in given:
        if name not in names:
            raise _unknown(field, name, names)
    return names


def _unknown(field: str, name: str, known: tuple[str, ...] | list[str]) -> BadChoice:
    return BadChoice(field, name, "is not in the market's schema", remedy=f"It has {', '.join(known) or 'none'}.")
