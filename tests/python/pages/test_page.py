"""The page is well-formed, needs nothing from outside, and shows the numbers of the JSON."""

from __future__ import annotations

import base64
import csv
import json
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal
from html import escape
from html.parser import HTMLParser

import pytest

from powerpact.pages import DayReport, TransactionReport, render_html, wording
from powerpact.pages.figures import NARROW, WIDE
from testkit.simulated_day import HOSTILE_NAME, citylearn_day, hostile

UPOINTS = 100 * 10**6
"""Micro-points for a dollar."""
XHTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def report():
    return citylearn_day()


@pytest.fixture(scope="module")
def page(report):
    return render_html(report)


@pytest.fixture(scope="module")
def tree(page):
    return ET.fromstring(page)


def table(tree, name, part="tbody"):
    found = tree.find(f".//{XHTML}table[@id='{name}']/{XHTML}{part}")
    return [["".join(cell.itertext()) for cell in row] for row in found]


def number(text):
    return Decimal(re.sub("[\N{NARROW NO-BREAK SPACE}%]", "", text).replace("\N{MINUS SIGN}", "-"))


class Requests(HTMLParser):
    """What a browser would fetch or run."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if tag in {"script", "link", "iframe", "img", "object", "embed", "base", "form", "use", "image"}:
            self.found.append(tag)
        self.found += [name for name in names if name in {"src", "xlink:href", "action"} or name[:2] == "on"]
        href = names.get("href")
        if href is not None and not href.startswith(("#", "data:text/csv;", "data:application/json;")):
            self.found.append(href)
        self.found += [value for value in names.values() if value and "url(" in value]


@pytest.mark.parametrize("change", [lambda day: day, hostile])
def test_page_asks_for_nothing(report, change):
    text = render_html(change(report))
    requests = Requests()
    requests.feed(text)
    assert requests.found == []
    assert not re.search(r"@import|url\(|javascript:", text)
    assert set(re.findall(r"https?://[^\s\"'<]+", text)) == {
        "http://www.w3.org/1999/xhtml",
        "http://www.w3.org/2000/svg",
    }


def test_page_is_utf8_and_fits_phones(tree):
    metas = [meta.attrib for meta in tree.iter(f"{XHTML}meta")]
    assert {"charset": "utf-8"} in metas
    assert any(meta.get("name") == "viewport" for meta in metas)


def test_same_report_same_page(report, page):
    assert render_html(report) == page


def test_names_are_escaped(report):
    tree = ET.fromstring(render_html(hostile(report)))
    assert tree.find(f".//{XHTML}b") is None
    assert tree.find(f".//{XHTML}script") is None
    assert any(HOSTILE_NAME in cells for cells in table(tree, "trades"))


def test_every_trade_is_there_with_the_numbers_of_the_json(report, tree):
    data = json.loads(report.to_json())
    rows = table(tree, "trades")
    assert len(rows) == len(data["trades"]) > 0
    for cells, trade in zip(rows, data["trades"], strict=True):
        assert cells[:3] == [data["slots"][trade["slot"]]["clock"], trade["seller"], trade["buyer"]]
        assert number(cells[3]) * 1000 == trade["promised_wh"]
        assert number(cells[4]) * 1000 == trade["delivered_wh"]
        for column, name in ((5, "price_upoints_per_kwh"), (6, "paid_upoints"), (7, "penalty_upoints")):
            assert abs(number(cells[column]) * UPOINTS - trade[name]) <= UPOINTS // 20_000
        for column, name in ((8, "buyer_satisfaction_ppm"), (9, "seller_satisfaction_ppm")):
            assert abs(number(cells[column]) * 10**4 - trade[name]) <= 500
        assert number(cells[10]) * 1000 == trade["certificates_wh"]


def test_every_home_is_there_with_the_numbers_of_the_json(report, tree):
    data = json.loads(report.to_json())
    rows = table(tree, "homes")
    assert [cells[0] for cells in rows] == [home["home"] for home in data["homes"]]
    for cells, home in zip(rows, data["homes"], strict=True):
        exact = ("load_wh", "solar_wh", "bought_wh", "sold_wh")
        assert [number(cell) * 1000 for cell in cells[1:5]] == [home[name] for name in exact]
        assert abs(number(cells[5]) * UPOINTS - home["bill_without_upoints"]) <= UPOINTS // 200
        assert abs(number(cells[6]) * UPOINTS - home["bill_upoints"]) <= UPOINTS // 200
        saving = home["bill_without_upoints"] - home["bill_upoints"]
        assert abs(number(cells[7]) * UPOINTS - saving) <= UPOINTS // 200
        covered = home["own_solar_used_wh"] + home["neighbour_used_wh"]
        assert abs(number(cells[9]) / 100 - Decimal(covered) / home["load_wh"]) <= Decimal("0.0006")
        assert number(cells[10]) * 1000 == home["certificates_held_wh"]
        assert number(cells[11]) * 1000 == home["certificates_retired_wh"]


def test_last_line_of_homes_is_their_sum(report, tree):
    (sums,) = table(tree, "homes", "tfoot")
    columns = list(zip(*table(tree, "homes"), strict=True))
    for index in (1, 2, 3, 4, 10, 11):
        assert number(sums[index]) == sum(number(cell) for cell in columns[index])
    assert abs(number(sums[7]) * UPOINTS - report.saving_upoints) <= UPOINTS // 200


def test_every_hour_is_there_with_the_numbers_of_the_json(report, tree):
    data = json.loads(report.to_json())
    rows = table(tree, "hours")
    names = ("load_wh", "solar_wh", "neighbour_used_wh", "grid_import_wh", "grid_export_wh")
    assert len(rows) == 24
    for cells, slot in zip(rows, data["slots"], strict=True):
        assert cells[0] == slot["clock"]
        assert [number(cell) * 1000 for cell in cells[1:6]] == [slot[name] for name in names]
        assert [number(cell) for cell in cells[6:9]] == [slot[name] for name in ("buy_orders", "sell_orders", "trades")]
        assert number(cells[14]) == slot["objective"]
        if slot["prices"] is None:
            assert cells[9:12] == ["\N{EN DASH}"] * 3
        else:
            assert abs(number(cells[10]) * UPOINTS - slot["prices"]["mean"]) <= UPOINTS // 20_000


def test_gas_invariants_and_findings_are_there(report, tree):
    gas = table(tree, "gas")
    assert [[cells[0], number(cells[2])] for cells in gas] == [[step.step, step.gas] for step in report.gas]
    assert [cells[1] for cells in table(tree, "invariants")] == [check.id for check in report.invariants]
    notes = table(tree, "notes")
    assert notes == [[note.home, note.sentence, note.treatment] for note in report.notes]
    assert {"home-14", "home-15"} <= {cells[0] for cells in notes}


def test_a_broken_invariant_is_told_in_words(report):
    broken = replace(report.invariants[0], holds=False)
    page = render_html(replace(report, invariants=(broken, *report.invariants[1:])))
    tree = ET.fromstring(page)
    assert [cells[0] for cells in table(tree, "invariants")] == ["broken", "holds"]
    assert "broken: MON-1." in page
    assert "1 of 2" in page


def test_each_figure_is_drawn_for_wide_and_narrow_and_described(tree):
    figures = list(tree.iter(f"{XHTML}figure"))
    assert len(figures) == 6
    for figure in figures:
        wide, narrow = figure.iter(f"{SVG}svg")
        assert all(len(svg.get("aria-label")) > 15 for svg in (wide, narrow))
        assert float(wide.get("viewBox").split()[2]) <= WIDE
        assert float(narrow.get("viewBox").split()[2]) <= NARROW
        assert "".join(figure.find(f"{XHTML}figcaption").itertext())


def test_marks_lie_inside_their_picture(tree):
    for svg in tree.iter(f"{SVG}svg"):
        _, _, width, height = map(float, svg.get("viewBox").split())
        for rect in svg.iter(f"{SVG}rect"):
            x, y, w, h = (float(rect.get(name, 0)) for name in ("x", "y", "width", "height"))
            assert -0.01 <= x <= x + w <= width + 0.01
            assert -0.01 <= y <= y + h <= height + 0.01
        for circle in svg.iter(f"{SVG}circle"):
            assert 0 <= float(circle.get("cx")) <= width
            assert 0 <= float(circle.get("cy")) <= height


def test_columns_of_the_day_stack_to_the_load(report, tree):
    svg = next(tree.iter(f"{SVG}svg"))
    groups = [group for group in svg.iter(f"{SVG}g") if group.find(f"{SVG}title") is not None]
    zero = float(svg.find(f"{SVG}line[@class='zero']").get("y1"))
    heights = []
    for group in groups:
        foot = zero
        for part in ("own", "neighbour", "grid"):
            rect = group.find(f"{SVG}rect[@class='{part}']")
            if rect is not None:
                assert float(rect.get("y")) + float(rect.get("height")) == pytest.approx(foot, abs=0.05)
                foot = float(rect.get("y"))
        heights.append(zero - foot)
    pixels_per_wh = sum(heights) / report.load_wh
    for height, slot in zip(heights, report.slots, strict=True):
        assert height == pytest.approx(slot.load_wh * pixels_per_wh, abs=0.05)


def test_what_was_shared_and_what_was_lost_sum_to_what_could_have_been(report, tree):
    figure = list(tree.iter(f"{XHTML}figure"))[1]
    wide = next(figure.iter(f"{SVG}svg"))
    bars = [rect for rect in wide.iter(f"{SVG}rect") if rect.get("class") in ("gauge", "loss-gauge")]
    sharing = report.sharing
    parts = [sharing.shared_wh, sharing.stayed_out_wh, sharing.caution_wh, sharing.price_wh, sharing.terms_wh]
    parts = [part for part in (*parts, sharing.matching_wh) if part]
    assert sum(parts) == sharing.could_wh
    widths = [float(bar.get("width")) for bar in bars]
    assert widths == [pytest.approx(max(9, WIDE * part / sharing.could_wh), abs=0.01) for part in parts]


def test_bars_of_savings_point_the_right_way(report, tree):
    figure = list(tree.iter(f"{XHTML}figure"))[5]
    wide = next(figure.iter(f"{SVG}svg"))
    zero = float(wide.find(f"{SVG}line[@class='zero']").get("x1"))
    rows = [group for group in wide.iter(f"{SVG}g") if group.find(f"{SVG}rect") is not None]
    homes = sorted(report.homes, key=lambda home: -home.saving_upoints)
    assert {home.saving_upoints < 0 for home in homes} == {True, False}
    assert [group.find(f"{SVG}title").text.split(":")[0] for group in rows] == [home.home for home in homes]
    lengths = []
    for group, home in zip(rows, homes, strict=True):
        bar = group.find(f"{SVG}rect")
        lost = home.saving_upoints < 0
        assert bar.get("class") == ("loss" if lost else "gain")
        assert float(bar.get("x")) + (float(bar.get("width")) if lost else 0) == pytest.approx(zero, abs=0.02)
        lengths.append(float(bar.get("width")))
    pixels = sum(lengths) / sum(abs(home.saving_upoints) for home in homes)
    assert lengths == [pytest.approx(abs(home.saving_upoints) * pixels, abs=0.05) for home in homes]


def test_each_home_that_lost_is_told_why(report, page):
    losers = [home for home in report.homes if home.saving_upoints < 0]
    for home in losers:
        sentence = wording.loss_sentence(report, home)
        assert escape(sentence) in page
        assert sentence.startswith(f"{home.home} lost ")
        assert ("bought" in sentence) == (home.unused_cost_upoints > 0)
        assert ("penalties" in sentence) == (home.penalty_paid_upoints > 0)
    assert losers


def test_contents_lead_to_the_sections(tree):
    nav = tree.find(f".//{XHTML}nav")
    targets = [link.get("href") for link in nav.iter(f"{XHTML}a")]
    sections = [f"#{section.get('id')}" for section in tree.iter(f"{XHTML}section")]
    assert targets == sections
    assert len(set(sections)) == len(sections) > 8


def test_trades_lead_to_their_transactions(report):
    hashes = [f"0x{number:064x}" for number in range(3)]
    trades = tuple(replace(trade, proposed_in=hashes[0], settled_in=hashes[1]) for trade in report.trades)
    sent = tuple(
        TransactionReport(hash_, step, 9, 70 + place, 1_000_000)
        for place, (hash_, step) in enumerate(zip(hashes[:2], ("clear", "settle"), strict=True))
    )
    tree = ET.fromstring(render_html(replace(report, trades=trades, transactions=sent)))
    rows = tree.find(f".//{XHTML}table[@id='trades']/{XHTML}tbody")
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    for row in rows:
        links = [(link.text, link.get("href")) for link in row.iter(f"{XHTML}a")]
        assert links == [("claimed", f"#tx-{hashes[0]}"), ("paid", f"#tx-{hashes[1]}")]
        assert {href[1:] for _, href in links} <= set(ids)
    assert [cells[4] for cells in table(tree, "sent-transactions")] == hashes[:2]
    unknown = ET.fromstring(render_html(replace(report, trades=trades)))
    assert unknown.find(f".//{XHTML}table[@id='trades']/{XHTML}tbody//{XHTML}a") is None


def test_files_in_the_page_are_the_report(report, tree):
    links = {link.get("download"): link.get("href") for link in tree.iter(f"{XHTML}a") if link.get("download")}
    files = {name: base64.b64decode(href.split("base64,")[1]).decode() for name, href in links.items()}
    assert set(files) == {f"{report.day}-{name}" for name in ("report.json", "homes.csv", "slots.csv", "trades.csv")}
    assert DayReport.from_json(files[f"{report.day}-report.json"]) == report
    homes = list(csv.DictReader(files[f"{report.day}-homes.csv"].splitlines()))
    assert [(row["home"], int(row["bill_upoints"])) for row in homes] == [
        (home.home, home.bill_upoints) for home in report.homes
    ]
    slots = list(csv.DictReader(files[f"{report.day}-slots.csv"].splitlines()))
    assert [int(row["could_wh"]) for row in slots] == [slot.sharing.could_wh for slot in report.slots]
    assert sum(row["prices_mean"] == "" for row in slots) == sum(slot.prices is None for slot in report.slots)
    trades = list(csv.DictReader(files[f"{report.day}-trades.csv"].splitlines()))
    assert [row["seller"] for row in trades] == [trade.seller for trade in report.trades]


def test_cells_of_cards_name_their_columns(tree):
    for name in ("homes", "invariants", "notes"):
        found = tree.find(f".//{XHTML}table[@id='{name}']")
        assert found.get("class") == "cards"
        cells = [cell for row in found.find(f"{XHTML}tbody") for cell in row]
        assert sum(cell.get("data-label") is not None for cell in cells) > len(cells) / 2


def test_matrix_shows_each_pair(report, tree):
    pairs = {(trade.seller, trade.buyer) for trade in report.trades}
    matrix = list(tree.iter(f"{XHTML}figure"))[3]
    wide = next(matrix.iter(f"{SVG}svg"))
    flows = [group for group in wide.iter(f"{SVG}g") if group.find(f"{SVG}rect[@class='flow']") is not None]
    shown = {tuple(group.find(f"{SVG}title").text.split(":")[0].split(" to ")) for group in flows}
    assert shown == pairs


def test_a_day_without_trades_gas_and_checks(report):
    empty = replace(
        report,
        trades=(),
        gas=(),
        times=(),
        invariants=(),
        notes=(),
        slots=tuple(
            replace(slot, trades=0, prices=None, promised_wh=0, delivered_wh=0, buyer_satisfaction_ppm=None)
            for slot in report.slots
        ),
    )
    page = render_html(empty)
    tree = ET.fromstring(page)
    assert "Nobody traded." in page
    assert "No invariant was checked." in page
    assert tree.find(f".//{XHTML}table[@id='trades']") is None
    assert tree.find(f".//{XHTML}table[@id='gas']") is None


def test_matrix_of_many_homes_keeps_the_largest_and_sums_the_others(report):
    names = [f"h{number:02}" for number in range(60)]
    trade = report.trades[0]
    trades = tuple(
        replace(trade, seller=name, buyer=names[-1 - number], delivered_wh=10 * (number + 1))
        for number, name in enumerate(names)
    )
    homes = tuple(replace(report.homes[0], home=name) for name in names)
    tree = ET.fromstring(render_html(replace(report, trades=trades, homes=homes)))
    wide = next(list(tree.iter(f"{XHTML}figure"))[3].iter(f"{SVG}svg"))
    labels = [text.text for text in wide.iter(f"{SVG}text") if text.get("class") == "name"]
    assert labels.count("all others") == 2
    assert len(labels) == 50
    tips = [title.text for title in wide.iter(f"{SVG}title")]
    total = sum(
        Decimal(tip.split(": ")[1].removesuffix(" kWh").replace("\N{NARROW NO-BREAK SPACE}", "")) for tip in tips
    )
    assert total * 1000 == sum(trade.delivered_wh for trade in trades)
