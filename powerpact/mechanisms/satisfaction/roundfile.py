"""Rounds and solutions as JSON text: ``powerpact/round/1`` and ``powerpact/solution/1``.

The reader is strict. It accepts what the format says and nothing else, and names the first bad field by its JSON path.
The writer is canonical: equal rounds give equal text. Neither opens a file.

An order is an ``id``, the ``trader`` whose order it is (by default the id), the ``person`` to whom the trader belongs
(by default the trader: a buyer and a seller of one id are one person; nobody trades with oneself), ``energy`` in Wh,
and ``minFill``, the least share of it in ppm that a trade must give the order (0; it must be 0 in a divisible round). A
buyer adds ``bid``, ``require`` (a class by category) and ``soft`` (``expect``, ``limit`` and ``weight`` by attribute),
a seller ``ask``, ``min``, ``class`` and ``attributes``.
In a one-to-one round ``energy`` may be left out, and so may ``require``, and the weights of a buyer all together.
"""

from __future__ import annotations

from typing import Any, Final

from powerpact.market.orders import SoftTerm, equal_weights_ppm, indifferent
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms import jsonfile as js
from powerpact.mechanisms.satisfaction.round import Buyer, BuyOrders, Round, Seller, SellOrders, Solution, Trade
from powerpact.units import ATTRIBUTE, ENERGY, MAX_ATTRIBUTES, MAX_CATEGORIES, OBJECTIVE, PPM, PRICE

NAME: Final = "satisfaction"
"""The mechanism's name in files."""
PRICE_ATTRIBUTE: Final = "price"
"""Name of the attribute that is the seller's ask."""
_COMMON: Final = ("trader", "person", "energy", "minFill")
"""What orders of both sides may state."""


def read_round(document: js.Document) -> Round:
    """Read a round from the members of its file.

    Returns
    -------
    Round
        The round, its soft terms, values, requirements and classes in the order of its schema.

    Raises
    ------
    MalformedInput
        With the path of the first bad field.
    """
    required = ("schema", "attributes", "classes", "buyers", "sellers")
    data = js.members(document, "$", required=required, optional=("mechanism", "mode"))
    js.head(data, js.ROUND_SCHEMA, NAME)
    mode = js.choice(data.get("mode", Mode.ONE_TO_ONE), "$.mode", Mode)
    attributes = tuple(js.items(data["attributes"], "$.attributes", _attribute, at_most=MAX_ATTRIBUTES))
    js.unique((attribute.name for attribute in attributes), "$.attributes[{}].name", "name")
    categories = tuple(js.items(data["classes"], "$.classes", js.name, at_most=MAX_CATEGORIES))
    js.unique(categories, "$.classes[{}]", "category")

    def buyer(value: Any, path: str) -> Buyer:
        return _buyer(value, path, mode, attributes, categories)

    def seller(value: Any, path: str) -> Seller:
        return _seller(value, path, mode, attributes, categories)

    shape = len(attributes), len(categories)
    buyers = BuyOrders(js.items(data["buyers"], "$.buyers", buyer), *shape)
    js.unique(buyers.ids, "$.buyers[{}].id", "id")
    sellers = SellOrders(js.items(data["sellers"], "$.sellers", seller), *shape)
    js.unique(sellers.ids, "$.sellers[{}].id", "id")
    return Round(mode, attributes, categories, buyers, sellers)


def read_solution(document: js.Document, round_: Round) -> Solution:
    """Read a solution of a round, which gives the ids their meaning, from the members of its file.

    Returns
    -------
    Solution
        The solution as it claims to be; `powerpact.mechanisms.satisfaction.verifier.verify` says whether it holds.

    Raises
    ------
    MalformedInput
        With the path of the first bad field.
    """
    buyer_ids, seller_ids = set(round_.buyers.ids), set(round_.sellers.ids)

    def trade(value: Any, path: str) -> Trade:
        item = js.members(value, path, required=("buyer", "seller", "score"), optional=("energy",))
        return Trade(
            buyer=js.known(item["buyer"], f"{path}.buyer", buyer_ids, "buyer"),
            seller=js.known(item["seller"], f"{path}.seller", seller_ids, "seller"),
            score_ppm=js.integer(item["score"], f"{path}.score", js.UINT32_MAX),
            energy_wh=js.integer(item["energy"], f"{path}.energy", ENERGY.maximum) if "energy" in item else None,
        )

    def duals(value: Any, path: str, ids: set[str], what: str) -> dict[str, int]:
        prices = js.mapping(value, path)
        for key in prices:
            js.known(key, js.child(path, key), ids, what)
        return {key: js.integer(price, js.child(path, key), js.UINT32_MAX) for key, price in prices.items()}

    data = js.members(document, "$", required=("schema", "objective", "trades", "duals"), optional=("mechanism",))
    js.head(data, js.SOLUTION_SCHEMA, NAME)
    prices = js.members(data["duals"], "$.duals", required=("buyers", "sellers"))
    return Solution(
        objective=js.integer(data["objective"], "$.objective", OBJECTIVE.maximum),
        trades=tuple(js.items(data["trades"], "$.trades", trade)),
        buyer_duals_ppm=duals(prices["buyers"], "$.duals.buyers", buyer_ids, "buyer"),
        seller_duals_ppm=duals(prices["sellers"], "$.duals.sellers", seller_ids, "seller"),
    )


def format_round(round_: Round) -> str:
    """Write a round: canonical JSON, an order a line, weights always stated."""
    attributes = [{"name": attribute.name, "kind": attribute.kind.value} for attribute in round_.attributes]
    return (
        f'{{"schema": {js.dump(js.ROUND_SCHEMA)}, "mode": {js.dump(round_.mode.value)},\n'
        f' "attributes": {js.dump(attributes)},\n'
        f' "classes": {js.dump(round_.categories)},\n'
        f' "buyers": {js.lines(_buyer_json(order, round_) for order in round_.buyers)},\n'
        f' "sellers": {js.lines(_seller_json(order, round_) for order in round_.sellers)}}}\n'
    )


def format_solution(solution: Solution) -> str:
    """Write a solution: canonical JSON, a trade a line, dual prices of zero left out."""
    duals = {
        "buyers": {key: price for key, price in solution.buyer_duals_ppm.items() if price},
        "sellers": {key: price for key, price in solution.seller_duals_ppm.items() if price},
    }
    return (
        f'{{"schema": {js.dump(js.SOLUTION_SCHEMA)}, "objective": {solution.objective},\n'
        f' "trades": {js.lines(_trade_json(trade) for trade in solution.trades)},\n'
        f' "duals": {js.dump(duals)}}}\n'
    )


# ----------------------------------------------------------------------------------------------------------------------
# Orders
# ----------------------------------------------------------------------------------------------------------------------


def _attribute(value: Any, path: str) -> Attribute:
    data = js.members(value, path, required=("name", "kind"))
    return Attribute(js.name(data["name"], f"{path}.name"), js.choice(data["kind"], f"{path}.kind", Kind))


def _buyer(value: Any, path: str, mode: Mode, attributes: tuple[Attribute, ...], categories: tuple[str, ...]) -> Buyer:
    data = js.members(value, path, required=("id", "bid", "soft"), optional=(*_COMMON, "require"))
    return Buyer(
        id=js.name(data["id"], f"{path}.id"),
        bid_upoints_per_kwh=js.integer(data["bid"], f"{path}.bid", PRICE.maximum),
        soft=_soft(data["soft"], f"{path}.soft", attributes),
        require=_classes(data.get("require", {}), f"{path}.require", categories),
        energy_wh=_energy(data, path, mode),
        trader=_name(data, path, "trader"),
        min_fill_ppm=_min_fill_ppm(data, path, mode),
        person_id=_name(data, path, "person"),
    )


def _soft(value: Any, path: str, attributes: tuple[Attribute, ...]) -> tuple[SoftTerm, ...]:
    """One term for each attribute; one that the buyer leaves out has no limit and no weight.

    Left out, weights are equal over the attributes that the buyer names, or over all if it names none: then every
    seller satisfies it fully.
    """
    data = js.members(value, path, optional=tuple(a.name for a in attributes), unknown="no attribute of the round")
    named = [attribute for attribute in attributes if attribute.name in data]
    terms = {a.name: _term(data[a.name], js.child(path, a.name), a.kind) for a in named}
    weights = {name: weight for name, (_, _, weight) in terms.items() if weight is not None}
    if not weights:
        among = named or list(attributes)
        weights = dict(zip((a.name for a in among), equal_weights_ppm(len(among)), strict=True))
    for attribute in named:
        if attribute.name not in weights:
            weight_path = f"{js.child(path, attribute.name)}.weight"
            js.fail(weight_path, "is missing where other weights are stated", remedy="State every weight or none.")
    total = sum(weights.values())
    if attributes and total != PPM:
        js.fail(path, f"weights sum to {total}", total, remedy=f"Make them sum to exactly {PPM}.")
    soft = []
    for attribute in attributes:
        expect, limit, _ = terms.get(attribute.name) or (*indifferent(attribute.kind), None)
        soft.append(SoftTerm(expect, limit, weights.get(attribute.name, 0)))
    return tuple(soft)


def _term(value: Any, path: str, kind: Kind) -> tuple[int, int, int | None]:
    """Expectation, limit and weight of one attribute."""
    term = js.members(value, path, required=("expect", "limit"), optional=("weight",))
    expect = js.integer(term["expect"], f"{path}.expect", ATTRIBUTE.maximum)
    limit = js.integer(term["limit"], f"{path}.limit", ATTRIBUTE.maximum)
    if kind is Kind.INCOME and limit > expect:
        js.fail(f"{path}.limit", f"{limit} is above the expectation {expect} of an income attribute", limit)
    if kind is Kind.COST and expect > limit:
        js.fail(f"{path}.limit", f"{limit} is below the expectation {expect} of a cost attribute", limit)
    return expect, limit, js.integer(term["weight"], f"{path}.weight", PPM) if "weight" in term else None


def _seller(
    value: Any, path: str, mode: Mode, attributes: tuple[Attribute, ...], categories: tuple[str, ...]
) -> Seller:
    data = js.members(
        value,
        path,
        required=("id", "ask", "min", "class", "attributes"),
        optional=_COMMON,
    )
    ask = js.integer(data["ask"], f"{path}.ask", PRICE.maximum)
    minimum = js.integer(data["min"], f"{path}.min", PRICE.maximum)
    if minimum > ask:
        js.fail(f"{path}.min", f"{minimum} is above the ask {ask}", minimum)
    names = tuple(attribute.name for attribute in attributes)
    values_path = f"{path}.attributes"
    values = js.members(data["attributes"], values_path, required=names, unknown="no attribute of the round")
    seller_values = tuple(js.integer(values[name], js.child(values_path, name), ATTRIBUTE.maximum) for name in names)
    if PRICE_ATTRIBUTE in values and values[PRICE_ATTRIBUTE] != ask:
        price = values[PRICE_ATTRIBUTE]
        js.fail(f"{values_path}.price", f"{price} is not the ask {ask}", price, remedy="State the ask as the price.")
    return Seller(
        id=js.name(data["id"], f"{path}.id"),
        ask_upoints_per_kwh=ask,
        min_upoints_per_kwh=minimum,
        attributes=seller_values,
        classes=_classes(data["class"], f"{path}.class", categories),
        energy_wh=_energy(data, path, mode),
        trader=_name(data, path, "trader"),
        min_fill_ppm=_min_fill_ppm(data, path, mode),
        person_id=_name(data, path, "person"),
    )


def _energy(data: dict[str, Any], path: str, mode: Mode) -> int | None:
    if "energy" in data:
        return js.integer(data["energy"], f"{path}.energy", ENERGY.maximum)
    if mode is Mode.DIVISIBLE:
        js.fail(f"{path}.energy", "is missing", remedy="State the energy: a divisible round needs it.")
    return None


def _name(data: dict[str, Any], path: str, key: str) -> str | None:
    return js.name(data[key], f"{path}.{key}") if key in data else None


def _min_fill_ppm(data: dict[str, Any], path: str, mode: Mode) -> int:
    share_ppm = js.integer(data.get("minFill", 0), f"{path}.minFill", PPM)
    if share_ppm and mode is Mode.DIVISIBLE:
        remedy = "State 0 or nothing: orders of a divisible round take any part of their energy."
        js.fail(f"{path}.minFill", f"{share_ppm} is not 0", share_ppm, remedy=remedy)
    return share_ppm


def _classes(value: Any, path: str, categories: tuple[str, ...]) -> tuple[str | None, ...]:
    data = js.members(value, path, optional=categories, unknown="no category of the round")
    return tuple(
        js.name(data[category], js.child(path, category)) if category in data else None for category in categories
    )


def _common_json(order: Buyer | Seller) -> dict[str, Any]:
    """What orders of both sides state, without what is understood where it is left out."""
    data: dict[str, Any] = {"id": order.id}
    if order.trader is not None:
        data["trader"] = order.trader
    if order.person_id is not None:
        data["person"] = order.person_id
    if order.energy_wh is not None:
        data["energy"] = order.energy_wh
    if order.min_fill_ppm:
        data["minFill"] = order.min_fill_ppm
    return data


def _buyer_json(order: Buyer, round_: Round) -> dict[str, Any]:
    data = _common_json(order)
    data["bid"] = order.bid_upoints_per_kwh
    data["require"] = _stated(round_.categories, order.require)
    data["soft"] = {
        attribute.name: {"expect": term.expect, "limit": term.limit, "weight": term.weight_ppm}
        for attribute, term in zip(round_.attributes, order.soft, strict=True)
    }
    return data


def _seller_json(order: Seller, round_: Round) -> dict[str, Any]:
    data = _common_json(order)
    data["ask"] = order.ask_upoints_per_kwh
    data["min"] = order.min_upoints_per_kwh
    data["class"] = _stated(round_.categories, order.classes)
    names = (attribute.name for attribute in round_.attributes)
    data["attributes"] = dict(zip(names, order.attributes, strict=True))
    return data


def _trade_json(trade: Trade) -> dict[str, Any]:
    data: dict[str, Any] = {"buyer": trade.buyer, "seller": trade.seller, "score": trade.score_ppm}
    if trade.energy_wh is not None:
        data["energy"] = trade.energy_wh
    return data


def _stated(categories: tuple[str, ...], classes: tuple[str | None, ...]) -> dict[str, str]:
    pairs = zip(categories, classes, strict=True)
    return {category: class_ for category, class_ in pairs if class_ is not None}
