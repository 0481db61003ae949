"""Rounds and solutions as JSON text: ``powerpact/round/1`` and ``powerpact/solution/1``.

The reader is strict. It accepts what the format says and nothing else, and names the first bad field by its JSON path.
The writer is canonical: equal rounds give equal text. Neither opens a file.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NoReturn, TypeVar

from powerpact.errors import MalformedInput
from powerpact.market.orders import SoftTerm, equal_weights_ppm
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms.satisfaction.round import Buyer, BuyOrders, Round, Seller, SellOrders, Solution, Trade
from powerpact.units import ATTRIBUTE, ENERGY, MAX_ATTRIBUTES, MAX_CATEGORIES, OBJECTIVE, PPM, PRICE

ROUND_SCHEMA: Final = "powerpact/round/1"
SOLUTION_SCHEMA: Final = "powerpact/solution/1"
PRICE_ATTRIBUTE: Final = "price"
"""Name of the attribute that is the seller's ask."""

_UINT32_MAX: Final = 2**32 - 1
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_BLANKS: Final = (" ", "\n", "\t", "\r")
_LONG: Final = ("buyers", "sellers", "trades")
"""Lists of a round or a solution whose items are decoded one at a time: decoded, they take five times the memory."""

Item = TypeVar("Item")


def parse_round(text: str | bytes) -> Round:
    """Read a round.

    Parameters
    ----------
    text : str or bytes
        JSON text; bytes are UTF-8.

    Returns
    -------
    Round
        The round, its soft terms, values, requirements and classes in the order of its schema.

    Raises
    ------
    MalformedInput
        With the path of the first bad field.
    """
    data = _object(
        _load(text), "$", required=("schema", "attributes", "classes", "buyers", "sellers"), optional=("mode",)
    )
    _constant(data["schema"], "$.schema", ROUND_SCHEMA)
    mode = _choice(data.get("mode", Mode.ONE_TO_ONE), "$.mode", Mode)
    attributes = tuple(_list(data["attributes"], "$.attributes", _attribute, at_most=MAX_ATTRIBUTES))
    _unique((attribute.name for attribute in attributes), "$.attributes[{}].name", "name")
    categories = tuple(_list(data["classes"], "$.classes", _name, at_most=MAX_CATEGORIES))
    _unique(categories, "$.classes[{}]", "category")

    def buyer(value: Any, path: str) -> Buyer:
        return _buyer(value, path, mode, attributes, categories)

    def seller(value: Any, path: str) -> Seller:
        return _seller(value, path, mode, attributes, categories)

    shape = len(attributes), len(categories)
    buyers = BuyOrders(_list(data["buyers"], "$.buyers", buyer), *shape)
    _unique(buyers.ids, "$.buyers[{}].id", "id")
    sellers = SellOrders(_list(data["sellers"], "$.sellers", seller), *shape)
    _unique(sellers.ids, "$.sellers[{}].id", "id")
    return Round(mode, attributes, categories, buyers, sellers)


def parse_solution(text: str | bytes, round_: Round) -> Solution:
    """Read a solution of a round.

    Parameters
    ----------
    text : str or bytes
        JSON text; bytes are UTF-8.
    round_ : Round
        The round that it solves, which gives the ids their meaning.

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
        item = _object(value, path, required=("buyer", "seller", "score"), optional=("energy",))
        return Trade(
            buyer=_known(item["buyer"], f"{path}.buyer", buyer_ids, "buyer"),
            seller=_known(item["seller"], f"{path}.seller", seller_ids, "seller"),
            score_ppm=_integer(item["score"], f"{path}.score", _UINT32_MAX),
            energy_wh=_integer(item["energy"], f"{path}.energy", ENERGY.maximum) if "energy" in item else None,
        )

    def duals(value: Any, path: str, ids: set[str], what: str) -> dict[str, int]:
        prices = _mapping(value, path)
        for key in prices:
            _known(key, _child(path, key), ids, what)
        return {key: _integer(price, _child(path, key), _UINT32_MAX) for key, price in prices.items()}

    data = _object(_load(text), "$", required=("schema", "objective", "trades", "duals"))
    _constant(data["schema"], "$.schema", SOLUTION_SCHEMA)
    prices = _object(data["duals"], "$.duals", required=("buyers", "sellers"))
    return Solution(
        objective=_integer(data["objective"], "$.objective", OBJECTIVE.maximum),
        trades=tuple(_list(data["trades"], "$.trades", trade)),
        buyer_duals_ppm=duals(prices["buyers"], "$.duals.buyers", buyer_ids, "buyer"),
        seller_duals_ppm=duals(prices["sellers"], "$.duals.sellers", seller_ids, "seller"),
    )


def format_round(round_: Round) -> str:
    """Write a round: canonical JSON, an order a line, weights always stated."""
    attributes = [{"name": attribute.name, "kind": attribute.kind.value} for attribute in round_.attributes]
    return (
        f'{{"schema": {_dump(ROUND_SCHEMA)}, "mode": {_dump(round_.mode.value)},\n'
        f' "attributes": {_dump(attributes)},\n'
        f' "classes": {_dump(round_.categories)},\n'
        f' "buyers": {_lines(_buyer_json(order, round_) for order in round_.buyers)},\n'
        f' "sellers": {_lines(_seller_json(order, round_) for order in round_.sellers)}}}\n'
    )


def format_solution(solution: Solution) -> str:
    """Write a solution: canonical JSON, a trade a line, dual prices of zero left out."""
    duals = {
        "buyers": {key: price for key, price in solution.buyer_duals_ppm.items() if price},
        "sellers": {key: price for key, price in solution.seller_duals_ppm.items() if price},
    }
    return (
        f'{{"schema": {_dump(SOLUTION_SCHEMA)}, "objective": {solution.objective},\n'
        f' "trades": {_lines(_trade_json(trade) for trade in solution.trades)},\n'
        f' "duals": {_dump(duals)}}}\n'
    )


# ----------------------------------------------------------------------------------------------------------------------
# Orders
# ----------------------------------------------------------------------------------------------------------------------


def _attribute(value: Any, path: str) -> Attribute:
    data = _object(value, path, required=("name", "kind"))
    return Attribute(_name(data["name"], f"{path}.name"), _choice(data["kind"], f"{path}.kind", Kind))


def _buyer(value: Any, path: str, mode: Mode, attributes: tuple[Attribute, ...], categories: tuple[str, ...]) -> Buyer:
    data = _object(value, path, required=("id", "bid", "soft"), optional=("energy", "require"))
    return Buyer(
        id=_name(data["id"], f"{path}.id"),
        bid_upoints_per_kwh=_integer(data["bid"], f"{path}.bid", PRICE.maximum),
        soft=_soft(data["soft"], f"{path}.soft", attributes),
        require=_classes(data.get("require", {}), f"{path}.require", categories),
        energy_wh=_energy(data, path, mode),
    )


def _soft(value: Any, path: str, attributes: tuple[Attribute, ...]) -> tuple[SoftTerm, ...]:
    names = tuple(attribute.name for attribute in attributes)
    data = _object(value, path, required=names, unknown="no attribute of the round")
    items = []
    for attribute in attributes:
        term_path = _child(path, attribute.name)
        term = _object(data[attribute.name], term_path, required=("expect", "limit"), optional=("weight",))
        expect = _integer(term["expect"], f"{term_path}.expect", ATTRIBUTE.maximum)
        limit = _integer(term["limit"], f"{term_path}.limit", ATTRIBUTE.maximum)
        if attribute.kind is Kind.INCOME and limit > expect:
            _fail(f"{term_path}.limit", f"{limit} is above the expectation {expect} of an income attribute", limit)
        if attribute.kind is Kind.COST and expect > limit:
            _fail(f"{term_path}.limit", f"{limit} is below the expectation {expect} of a cost attribute", limit)
        weight = _integer(term["weight"], f"{term_path}.weight", PPM) if "weight" in term else None
        items.append((expect, limit, weight, f"{term_path}.weight"))
    stated = [weight for _, _, weight, _ in items if weight is not None]
    if not stated:
        equal = equal_weights_ppm(len(items))
        return tuple(SoftTerm(term[0], term[1], weight) for term, weight in zip(items, equal, strict=True))
    for _, _, weight, weight_path in items:
        if weight is None:
            _fail(weight_path, "is missing where other weights are stated", remedy="State every weight or none.")
    if sum(stated) != PPM:
        _fail(path, f"weights sum to {sum(stated)}", sum(stated), remedy=f"Make them sum to exactly {PPM}.")
    return tuple(SoftTerm(term[0], term[1], weight) for term, weight in zip(items, stated, strict=True))


def _seller(
    value: Any, path: str, mode: Mode, attributes: tuple[Attribute, ...], categories: tuple[str, ...]
) -> Seller:
    data = _object(value, path, required=("id", "ask", "min", "class", "attributes"), optional=("energy",))
    ask = _integer(data["ask"], f"{path}.ask", PRICE.maximum)
    minimum = _integer(data["min"], f"{path}.min", PRICE.maximum)
    if minimum > ask:
        _fail(f"{path}.min", f"{minimum} is above the ask {ask}", minimum)
    names = tuple(attribute.name for attribute in attributes)
    values_path = f"{path}.attributes"
    values = _object(data["attributes"], values_path, required=names, unknown="no attribute of the round")
    seller_values = tuple(_integer(values[name], _child(values_path, name), ATTRIBUTE.maximum) for name in names)
    if PRICE_ATTRIBUTE in values and values[PRICE_ATTRIBUTE] != ask:
        price = values[PRICE_ATTRIBUTE]
        _fail(f"{values_path}.price", f"{price} is not the ask {ask}", price, remedy="State the ask as the price.")
    return Seller(
        id=_name(data["id"], f"{path}.id"),
        ask_upoints_per_kwh=ask,
        min_upoints_per_kwh=minimum,
        attributes=seller_values,
        classes=_classes(data["class"], f"{path}.class", categories),
        energy_wh=_energy(data, path, mode),
    )


def _energy(data: dict[str, Any], path: str, mode: Mode) -> int | None:
    if "energy" in data:
        return _integer(data["energy"], f"{path}.energy", ENERGY.maximum)
    if mode is Mode.DIVISIBLE:
        _fail(f"{path}.energy", "is missing", remedy="State the energy: a divisible round needs it.")
    return None


def _classes(value: Any, path: str, categories: tuple[str, ...]) -> tuple[str | None, ...]:
    data = _object(value, path, optional=categories, unknown="no category of the round")
    return tuple(_name(data[category], _child(path, category)) if category in data else None for category in categories)


def _buyer_json(order: Buyer, round_: Round) -> dict[str, Any]:
    data: dict[str, Any] = {"id": order.id}
    if order.energy_wh is not None:
        data["energy"] = order.energy_wh
    data["bid"] = order.bid_upoints_per_kwh
    data["require"] = _stated(round_.categories, order.require)
    data["soft"] = {
        attribute.name: {"expect": term.expect, "limit": term.limit, "weight": term.weight_ppm}
        for attribute, term in zip(round_.attributes, order.soft, strict=True)
    }
    return data


def _seller_json(order: Seller, round_: Round) -> dict[str, Any]:
    data: dict[str, Any] = {"id": order.id}
    if order.energy_wh is not None:
        data["energy"] = order.energy_wh
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


# ----------------------------------------------------------------------------------------------------------------------
# JSON
# ----------------------------------------------------------------------------------------------------------------------


class _RepeatedKey(dict[str, Any]):
    """An object in which `key` stands twice; reported, with its path, when the reader gets there."""

    key: str


class _Items:
    """A long list in a JSON text, of which one item at a time is decoded.

    Parameters
    ----------
    text : str
        The text.
    begin : int
        Place of the list's bracket.
    """

    def __init__(self, text: str, begin: int) -> None:
        self.text = text
        self.begin = begin

    def __iter__(self) -> Iterator[Any]:
        return (item for item, _ in _parts(self.text, self.begin, "]", _DECODER.raw_decode))


def _load(text: str | bytes) -> Any:
    """Value of a text; of an object, the lists that may be long as `_Items`."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        begin = _skip(text, 0)
        if text[begin : begin + 1] != "{":
            return _DECODER.decode(text)
        members = list(_parts(text, begin, "}", _member))
        rest = _skip(text, _end(text, begin, members))
        if rest < len(text):
            raise json.JSONDecodeError("Extra data", text, rest)
        return _pairs([pair for pair, _ in members])
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError as error:
        problem = f"not UTF-8: {error.reason} at byte {error.start}"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = f"a number cannot be read: {error}"
    raise MalformedInput("$", problem)


def _parts(
    text: str, begin: int, close: str, part: Callable[[str, int], tuple[Item, int]]
) -> Iterator[tuple[Item, int]]:
    """What `part` finds between the brackets that open at `begin`, and where each part ends."""
    at = _skip(text, begin + 1)
    while text[at : at + 1] != close:
        found, at = part(text, at)
        yield found, at
        at = _skip(text, at)
        if text[at : at + 1] == close:
            return
        if text[at : at + 1] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _skip(text, at + 1)
        if text[at : at + 1] == close:
            raise json.JSONDecodeError("Nothing after the last comma", text, at)


def _member(text: str, at: int) -> tuple[tuple[str, Any], int]:
    """A member of the object that is the whole text: key and value, and where it ends."""
    if text[at : at + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
    key, at = _DECODER.raw_decode(text, at)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
    begin = _skip(text, at + 1)
    if key not in _LONG or text[begin : begin + 1] != "[":
        value, end = _DECODER.raw_decode(text, begin)
        return (key, value), end
    return (key, _Items(text, begin)), _end(text, begin, _parts(text, begin, "]", _DECODER.raw_decode))


def _end(text: str, begin: int, parts: Iterable[tuple[Any, int]]) -> int:
    """Where brackets that open at `begin` and hold these parts end."""
    return _skip(text, max((end for _, end in parts), default=begin + 1)) + 1


def _skip(text: str, at: int) -> int:
    """Next place that is not blank."""
    while text[at : at + 1] in _BLANKS:
        at += 1
    return at


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) == len(pairs):
        return data
    repeated = _RepeatedKey(data)
    counts = Counter(key for key, _ in pairs)
    repeated.key = next(key for key, count in counts.items() if count > 1)
    return repeated


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs)


def _dump(value: Any) -> str:
    return json.dumps(value)


def _lines(items: Iterable[dict[str, Any]]) -> str:
    text = ",\n".join(f"  {_dump(item)}" for item in items)
    return f"[\n{text}]" if text else "[]"


def _fail(path: str, problem: str, value: object = None, *, remedy: str | None = None) -> NoReturn:
    raise MalformedInput(path, problem, value, remedy=remedy)


def _child(path: str, key: str) -> str:
    return f"{path}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{path}[{json.dumps(key)}]"


def _shown(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _mapping(value: Any, path: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        _fail(path, f"must be an object, is {_shown(value)}", value)
    if isinstance(value, _RepeatedKey):
        _fail(_child(path, value.key), "stands twice", value.key)
    return value


def _object(
    value: Any,
    path: str,
    *,
    required: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    unknown: str = "no field of this object",
) -> dict[str, Any]:
    data = _mapping(value, path)
    for key in required:
        if key not in data:
            _fail(_child(path, key), "is missing")
    for key in data:
        if key not in required and key not in optional:
            _fail(_child(path, key), unknown, key)
    return data


def _list(value: Any, path: str, item: Callable[[Any, str], Item], *, at_most: int | None = None) -> Iterable[Item]:
    if not isinstance(value, list | _Items):
        _fail(path, f"must be a list, is {_shown(value)}", value)
    if at_most is not None and isinstance(value, list) and len(value) > at_most:
        _fail(path, f"has {len(value)} items, at most {at_most} are allowed", len(value))
    return (item(entry, f"{path}[{index}]") for index, entry in enumerate(value))


def _integer(value: Any, path: str, maximum: int) -> int:
    if type(value) is not int:
        _fail(path, f"must be an integer, is {_shown(value)}", value)
    if not 0 <= value <= maximum:
        _fail(path, f"{_shown(value)} is out of range", value, remedy=f"State an integer from 0 to {maximum}.")
    return value


def _name(value: Any, path: str) -> str:
    if not isinstance(value, str) or not value:
        _fail(path, f"must be a text that is not empty, is {_shown(value)}", value)
    return value


def _constant(value: Any, path: str, wanted: str) -> None:
    if value != wanted:
        _fail(path, f"must be {_shown(wanted)}, is {_shown(value)}", value)


def _choice(value: Any, path: str, choices: type[Item]) -> Item:
    names = [choice.value for choice in choices]  # type: ignore[attr-defined]
    if value not in names:
        _fail(path, f"must be one of {', '.join(names)}, is {_shown(value)}", value)
    return choices(value)  # type: ignore[call-arg]


def _known(value: Any, path: str, ids: set[str], what: str) -> str:
    name = _name(value, path)
    if name not in ids:
        _fail(path, f"{_shown(name)} is no {what} of the round", name)
    return name


def _unique(names: Iterable[str], path: str, what: str) -> None:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            _fail(path.format(index), f"{what} {_shown(name)} is repeated", name)
        seen.add(name)
