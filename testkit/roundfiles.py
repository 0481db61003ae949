"""A round file that is right, copies of it with changes, and reading files of one mechanism."""

import copy

from powerpact.mechanisms import jsonfile
from powerpact.mechanisms.registry import CALL, SATISFACTION, mechanism_for

ROUND = {
    "schema": "powerpact/round/1",
    "mode": "one-to-one",
    "attributes": [{"name": "price", "kind": "cost"}, {"name": "green value", "kind": "income"}],
    "classes": ["source", "grade"],
    "buyers": [
        {
            "id": f"b{i}",
            "energy": 1200,
            "bid": 110_000,
            "require": {"source": "solar"},
            "soft": {
                "price": {"expect": 90_000, "limit": 120_000, "weight": 600_000},
                "green value": {"expect": 900_000, "limit": 500_000, "weight": 400_000},
            },
        }
        for i in range(2)
    ],
    "sellers": [
        {
            "id": f"s{j}",
            "energy": 1500,
            "ask": 100_000,
            "min": 80_000,
            "class": {"source": "solar", "grade": "A"},
            "attributes": {"price": 100_000, "green value": 870_000},
        }
        for j in range(2)
    ],
}


def changed(data, *changes):
    """A copy with ``(*keys, value)`` set, or removed if the value is `...`."""
    data = copy.deepcopy(data)
    for *keys, last, value in changes:
        place = data
        for key in keys:
            place = place[key]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return data


def parse_round(text):
    """The round of satisfaction matching in a file's text."""
    return SATISFACTION.read_round(jsonfile.document(text))


def parse_call_round(text):
    """The call auction in a file's text."""
    return CALL.read_round(jsonfile.document(text))


def parse_solution(text, round_):
    """The solution of a round in a file's text."""
    return mechanism_for(round_).read_solution(jsonfile.document(text), round_)
