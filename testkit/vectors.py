"""The vectors that rules, solver, verifier and contracts are all checked against."""

import json

from powerpact.market.orders import SoftTerm
from powerpact.market.rules import Attribute, Kind, Mode
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller
from toolchain.places import ROOT

VECTORS = ROOT / "tests/vectors"
SCORING = json.loads((VECTORS / "scoring.json").read_text())["cases"]
ROUNDS = sorted((VECTORS / "rounds").glob("*.json"))
ELIGIBILITY = sorted((VECTORS / "eligibility").glob("*.json"))
"""Rounds in which traders or least shares keep orders apart."""


def round_of(case):
    """The round of the one pair of a scoring vector."""
    buyer, seller = case["buyer"], case["seller"]
    soft = tuple(SoftTerm(term["expect"], term["limit"], term["weight"]) for term in buyer["soft"])
    return Round(
        Mode.ONE_TO_ONE,
        tuple(Attribute(f"f{f}", Kind(kind)) for f, kind in enumerate(case["kinds"])),
        (),
        (Buyer("b", buyer["bid"], soft),),
        (Seller("s", seller["ask"], seller["min"], tuple(seller["attributes"])),),
    )
