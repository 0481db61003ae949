"""`powerpact compare`: the same figures as the library, in words, as data and as a picture."""

import json
import xml.etree.ElementTree as ET

from typer.testing import CliRunner

import powerpact
from powerpact.cli import app
from powerpact.market.schema import PriceRule
from powerpact.mechanisms.metrics import compare
from toolchain.places import ROOT

EXAMPLE = str(ROOT / "docs/example-round.json")


def run(*words):
    return CliRunner().invoke(app, ["compare", *words], catch_exceptions=False)


def test_the_figures_are_those_of_the_library():
    designs = compare(powerpact.read_round(EXAMPLE), PriceRule.PAY_AS_BID)
    shown = json.loads(run(EXAMPLE, "--price-rule", "pay-as-bid", "--json").stdout)
    assert shown == {name: found.as_dict() for name, found in designs.items()}


def test_they_are_told_in_words_and_drawn(tmp_path):
    shown = run(EXAMPLE, "--plot", str(tmp_path / "designs.svg")).stdout
    assert "0.0416 points" in shown
    assert "73.1332%" in shown
    texts = [element.text for element in ET.parse(tmp_path / "designs.svg").iter("{http://www.w3.org/2000/svg}text")]
    assert texts.count("divisible") == texts.count("call") == 8
    assert "0.044 points" in texts


def test_what_cannot_be_compared_is_refused(tmp_path):
    auction = run(str(ROOT / "docs/example-call.json"))
    assert auction.exit_code == 2
    assert "satisfaction matching" in auction.stderr
    document = json.loads((ROOT / "docs/example-round.json").read_text())
    del document["buyers"][0]["energy"]
    (tmp_path / "round.json").write_text(json.dumps(document))
    refused = run(str(tmp_path / "round.json"))
    assert refused.exit_code == 2
    assert "buyers[0].energy_wh" in refused.stderr
