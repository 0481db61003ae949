"""Rounds and results of call auctions as JSON text: ``powerpact/round/1`` and ``powerpact/solution/1``.

The reader is strict, the writer canonical, as `powerpact.mechanisms.jsonfile` says. What a satisfaction round states
and an auction does not look at may be stated here too, if it says nothing: the mode ``divisible``, no attributes and
categories, no terms, values, requirements and classes, a ``minFill`` of 0, and an ``ask`` that is the ``min``; and
whose an order is (``trader``, ``person``), since the price alone decides.
"""

from __future__ import annotations

from typing import Any, Final

from powerpact.market.orders import Side
from powerpact.market.rules import Mode
from powerpact.mechanisms import jsonfile as js
from powerpact.mechanisms.call.round import Certificate, Order, OrderName, Orders, Round, Solution, Trade
from powerpact.units import ENERGY, OBJECTIVE, PPM, PRICE

NAME: Final = "call"
"""The mechanism's name in files."""

_NAMED: Final = ("trader", "person")
"""Whose an order is, at which an auction does not look."""
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
_NAMES: Final = {Side.BUY: "buyer", Side.SELL: "seller"}


def read_round(document: js.Document) -> Round:
    """Read a round from the members of its file.

    Returns
    -------
    Round
        The round, its orders in the order of the file.

    Raises
    ------
    MalformedInput
        With the path of the first bad field.
    """
    data = js.members(
        document,
        "$",
        required=("schema", "mechanism", "rules", "buyers", "sellers"),
        optional=("mode", "attributes", "classes"),
    )
    js.head(data, js.ROUND_SCHEMA, NAME)
    js.constant(data.get("mode", Mode.DIVISIBLE.value), "$.mode", Mode.DIVISIBLE.value)
    for key in ("attributes", "classes"):
        js.constant(data.get(key, []), f"$.{key}", [])
    rules = js.members(data["rules"], "$.rules", required=("k",))
    buyers = Orders(js.items(data["buyers"], "$.buyers", _buyer))
    js.unique(buyers.ids, "$.buyers[{}].id", "id")
    sellers = Orders(js.items(data["sellers"], "$.sellers", _seller))
    js.unique(sellers.ids, "$.sellers[{}].id", "id")
    return Round(js.integer(rules["k"], "$.rules.k", PPM), buyers, sellers)


def read_solution(document: js.Document, round_: Round) -> Solution:
    """Read a result of a round, which gives the ids their meaning, from the members of its file.

    Returns
    -------
    Solution
        The result as it claims to be; `powerpact.mechanisms.call.verifier.verify` says whether it holds.

    Raises
    ------
    MalformedInput
        With the path of the first bad field.
    """
    ids = {side: set(round_.orders(side).ids) for side in Side}

    def trade(value: Any, path: str) -> Trade:
        item = js.members(value, path, required=("buyer", "seller", "energy"))
        return Trade(
            buyer=js.known(item["buyer"], f"{path}.buyer", ids[Side.BUY], "buyer"),
            seller=js.known(item["seller"], f"{path}.seller", ids[Side.SELL], "seller"),
            energy_wh=js.integer(item["energy"], f"{path}.energy", ENERGY.maximum),
        )

    data = js.members(
        document,
        "$",
        required=(
            *("schema", "mechanism", "objective", "price", "low", "high", "marginal", "level", "last"),
            "trades",
        ),
    )
    js.head(data, js.SOLUTION_SCHEMA, NAME)
    objective = js.integer(data["objective"], "$.objective", OBJECTIVE.maximum)
    certificate = _certificate(data, ids)
    return Solution(objective, tuple(js.items(data["trades"], "$.trades", trade)), certificate)


def format_round(round_: Round) -> str:
    """Write a round: canonical JSON, an order a line."""
    buyers = ({"id": id_, "energy": energy, "bid": price} for id_, price, energy in round_.buyers)
    sellers = ({"id": id_, "energy": energy, "ask": price, "min": price} for id_, price, energy in round_.sellers)
    return (
        f'{{"schema": {js.dump(js.ROUND_SCHEMA)}, "mechanism": {js.dump(NAME)}, "rules": {{"k": {round_.k_ppm}}},\n'
        f' "buyers": {js.lines(buyers)},\n'
        f' "sellers": {js.lines(sellers)}}}\n'
    )


def format_solution(solution: Solution) -> str:
    """Write a result: canonical JSON, a trade a line."""
    found = solution.certificate
    side = next((name for name, side in _SIDES.items() if side is found.side), None)
    marginal = {"side": side, "low": _named_json(found.low_order), "high": _named_json(found.high_order)}
    trades = ({"buyer": trade.buyer, "seller": trade.seller, "energy": trade.energy_wh} for trade in solution.trades)
    return (
        f'{{"schema": {js.dump(js.SOLUTION_SCHEMA)}, "mechanism": {js.dump(NAME)}, "objective": {solution.objective},\n'
        f' "price": {js.dump(found.price_upoints_per_kwh)}, "low": {js.dump(found.low_upoints_per_kwh)}, '
        f'"high": {js.dump(found.high_upoints_per_kwh)},\n'
        f' "marginal": {js.dump(marginal)}, "level": {js.dump(found.level_wh)}, "last": {js.dump(found.last)},\n'
        f' "trades": {js.lines(trades)}}}\n'
    )


def _buyer(value: Any, path: str) -> Order:
    data = js.members(value, path, required=("id", "energy", "bid"), optional=(*_NAMED, "minFill", "require", "soft"))
    _says_nothing(data, path, ("require", "soft"))
    return _order(data, path, "bid")


def _seller(value: Any, path: str) -> Order:
    data = js.members(
        value, path, required=("id", "energy", "min"), optional=(*_NAMED, "minFill", "ask", "class", "attributes")
    )
    _says_nothing(data, path, ("class", "attributes"))
    order = _order(data, path, "min")
    ask = js.integer(data.get("ask", order.price_upoints_per_kwh), f"{path}.ask", PRICE.maximum)
    if ask != order.price_upoints_per_kwh:
        minimum = order.price_upoints_per_kwh
        js.fail(f"{path}.ask", f"{ask} is not the minimum {minimum}", ask, remedy="In an auction the price is the min.")
    return order


def _order(data: dict[str, Any], path: str, price: str) -> Order:
    for key in _NAMED:
        if key in data:
            js.name(data[key], f"{path}.{key}")
    return Order(
        id=js.name(data["id"], f"{path}.id"),
        price_upoints_per_kwh=js.integer(data[price], f"{path}.{price}", PRICE.maximum),
        energy_wh=js.integer(data["energy"], f"{path}.energy", ENERGY.maximum),
    )


def _says_nothing(data: dict[str, Any], path: str, keys: tuple[str, ...]) -> None:
    """Check that what an auction does not look at is empty."""
    if js.integer(data.get("minFill", 0), f"{path}.minFill", PPM):
        remedy = "State 0: the orders of an auction are divisible."
        js.fail(f"{path}.minFill", f"{data['minFill']} is not 0", data["minFill"], remedy=remedy)
    for key in keys:
        js.constant(data.get(key, {}), f"{path}.{key}", {})


def _certificate(data: dict[str, Any], ids: dict[Side, set[str]]) -> Certificate:
    """The certificate of a result's file; what is null together must be null together."""
    marginal = js.members(data["marginal"], "$.marginal", required=("side", "low", "high"))
    side = None
    if marginal["side"] is not None:
        if marginal["side"] not in tuple(_SIDES):
            problem = f"must be buy, sell or null, is {js.shown(marginal['side'])}"
            js.fail("$.marginal.side", problem, marginal["side"])
        side = _SIDES[marginal["side"]]
    level = _integer(data["level"], "$.level", ENERGY.maximum)
    last = data["last"]
    if (level is None) != (side is None):
        js.fail("$.level", "must be null exactly where $.marginal.side is", level)
    if last is not None:
        if side is None:
            js.fail("$.last", "must be null where $.marginal.side is", last)
        last = js.known(last, "$.last", ids[side], _NAMES[side])
    return Certificate(
        price_upoints_per_kwh=_integer(data["price"], "$.price", PRICE.maximum),
        low_upoints_per_kwh=_integer(data["low"], "$.low", PRICE.maximum),
        high_upoints_per_kwh=_integer(data["high"], "$.high", PRICE.maximum),
        low_order=_named(marginal["low"], "$.marginal.low", ids),
        high_order=_named(marginal["high"], "$.marginal.high", ids),
        side=side,
        level_wh=level,
        last=last,
    )


def _integer(value: Any, path: str, maximum: int) -> int | None:
    return None if value is None else js.integer(value, path, maximum)


def _named(value: Any, path: str, ids: dict[Side, set[str]]) -> OrderName | None:
    """An order as ``{"buyer": id}`` or ``{"seller": id}``."""
    if value is None:
        return None
    data = js.members(value, path, optional=tuple(_NAMES.values()))
    if len(data) != 1:
        js.fail(path, "must name one buyer or one seller", value)
    side = next(side for side, name in _NAMES.items() if name in data)
    name = _NAMES[side]
    return OrderName(side, js.known(data[name], f"{path}.{name}", ids[side], name))


def _named_json(name: OrderName | None) -> dict[str, str] | None:
    return None if name is None else {_NAMES[name.side]: name.id}
