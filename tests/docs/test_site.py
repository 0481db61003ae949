"""The site: every link of a page leads somewhere, and the pages that it lists exist."""

import re
import tomllib
from functools import cache

import pytest

from toolchain import site
from toolchain.places import ROOT
from tools import architecture_picture

NAV_PAGE = re.compile(r"^ +- [^:]+: (\S+\.md)$", re.MULTILINE)
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
ANCHORED = re.compile(r"\]\(([^)\s#]*)#([^)\s]+)\)")


@cache
def anchors(page):
    """The anchors that GitHub and the site give the headings of a page."""
    headings = [
        re.sub(r"[`*\[\]]|\([^)]*\)", "", heading).strip().lower() for heading in HEADING.findall(page.read_text())
    ]
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", site.pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    assert not [target for target in site.linked(page) if not target.exists() or not target.is_relative_to(ROOT)]
    for target, anchor in ANCHORED.findall(page.read_text()):
        if "://" not in target:
            assert anchor in anchors((page.parent / target).resolve() if target else page), f"{target}#{anchor}"


def test_no_link_leads_to_a_folder():
    """Such a link works on GitHub alone."""
    assert not [(page, target) for page in site.pages() for target in site.linked(page) if target.is_dir()]


def test_the_navigation_lists_pages_that_exist():
    listed = NAV_PAGE.findall((ROOT / "mkdocs.yml").read_text())
    assert len(listed) > 20
    assert not [name for name in listed if not (ROOT / name).is_file() and name != "reference/README.md"]


def test_the_navigation_lists_every_page_of_docs():
    listed = set(NAV_PAGE.findall((ROOT / "mkdocs.yml").read_text()))
    pages = {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")}
    assert {page for page in pages if "/decisions/0" not in page} <= listed


def test_every_page_can_be_reached_from_the_readme():
    start = (ROOT / "README.md").resolve()
    found, todo = {start}, [start]
    while todo:
        linked = {target.resolve() for target in site.linked(todo.pop()) if target.suffix == ".md"} - found
        found |= linked
        todo += linked
    assert not [page for page in site.pages() if page.resolve() not in found]


def test_every_contract_has_its_line():
    listed = set(re.findall(r"`(\w[\w/]+)`", (ROOT / "contracts/README.md").read_text()))
    sources = {path.relative_to(ROOT / "contracts").with_suffix("") for path in (ROOT / "contracts").rglob("*.sol")}
    named = {source.as_posix() for source in sources if source.parts[0] != "testing"}
    assert listed - {"interfaces/"} == named


def test_every_decision_is_listed():
    listed = (ROOT / "docs/decisions/README.md").read_text()
    assert not [page.name for page in (ROOT / "docs/decisions").glob("0*.md") if f"({page.name})" not in listed]


def test_the_reference_has_a_page_for_each_room(tmp_path, monkeypatch):
    monkeypatch.setattr(site, "PAGES", tmp_path)
    site.write_reference()
    rooms = {path.stem for path in (ROOT / "powerpact").iterdir() if path.suffix == ".py" or [*path.glob("*.py")]}
    written = {page.stem.removeprefix("powerpact.") for page in (tmp_path / "reference").glob("powerpact.*.md")}
    assert written == {room for room in rooms if not room.startswith("_")} - {"cli"}
    assert "::: powerpact\n" in (tmp_path / "reference/README.md").read_text()


def test_the_lock_names_every_package_with_hashes():
    lock = site.ENVIRONMENT.lock.read_text()
    for package in ("mkdocs-material", "mkdocstrings"):
        assert re.search(rf"^{package}==.*\n +--hash=sha256:", lock, re.MULTILINE)


def test_the_picture_shows_the_floors_that_are_checked():
    assert architecture_picture.PICTURE.read_text() == architecture_picture.draw()
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert config["tool"]["importlinter"]["contracts"][0]["containers"] == ["powerpact"]


def test_a_way_that_climbs_is_refused():
    boxes = architecture_picture.place([["cli"], ["market"]], 0, 300)
    boxes |= architecture_picture.place([["clearing"], ["tokens"]], 0, 300, "@")
    architecture_picture.require_down("cli", "market", boxes)
    for start, end in (("market", "cli"), ("@tokens", "@clearing"), ("cli", "@tokens")):
        with pytest.raises(ValueError, match=start):
            architecture_picture.require_down(start, end, boxes)
