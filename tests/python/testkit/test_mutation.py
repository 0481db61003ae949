"""Seeded bugs: each operator makes exactly the bugs that it should, and the list of the campaign applies."""

from collections import Counter

import pytest

from testkit.campaigns import result
from testkit.mutation import catalogue, record, trial
from testkit.mutation.catalogue import GROUPS, Overlap, Seeded, listed, named, present, reasons, together
from testkit.mutation.operators import changes
from testkit.mutation.syntax import trees
from testkit.mutation.trial import Fate, Verdict
from toolchain import results
from toolchain.campaigns import CAMPAIGNS, SMALLEST_GROUP

SMALL = """// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

interface Asked {
    function total() external returns (uint256);
}

/// Energy – a comment with a letter of two bytes: 1 + 1 == 2.
contract Small {
    error Refused(uint256 have, uint256 needed);

    event Added(uint256 sum);

    uint256 private constant MOST = 10;
    uint256 public sum;

    constructor() {
        sum = 1;
    }

    function add(uint256 more) external {
        require(more <= MOST && more > 0, Refused(more + 1, MOST - 1));
        if (sum == more) return;
        sum += more;
        emit Added(sum + 1);
        delete sum;
    }

    function isEven() external view returns (bool) {
        return sum % 2 == 0;
    }

    function count(uint256[2] memory some) internal pure returns (uint256 found) {
        for (uint256 i = 0; i < some.length; ++i) {
            found++;
        }
        assembly {
            found := add(found, 1)
        }
    }

    function isFull() internal view returns (bool) {
        return sum >= MOST;
    }

    function never() internal pure returns (bool) {
        return false;
    }
}
"""
EXPECTED = {
    ("MOST", "constant", "10", "11"),
    ("add", "check dropped", "require(more <= MOST && more > 0, Refused(more + 1, MOST - 1));", "{}"),
    ("add", "negation", "more <= MOST && more > 0", "!(more <= MOST && more > 0)"),
    ("add", "logic", "more <= MOST && more > 0", "more <= MOST || more > 0"),
    ("add", "relation", "more <= MOST", "more < MOST"),
    ("add", "relation", "more > 0", "more >= 0"),
    ("add", "constant", "0", "1"),
    ("add", "check dropped", "sum == more", "false"),
    ("add", "relation", "sum == more", "sum != more"),
    ("add", "statement dropped", "sum += more;", "{}"),
    ("add", "arithmetic", "sum += more", "sum -= more"),
    ("add", "statement dropped", "delete sum;", "{}"),
    ("count", "constant", "0", "1"),
    ("count", "relation", "i < some.length", "i <= some.length"),
    ("count", "counting", "++i", "--i"),
    ("count", "statement dropped", "found++;", "{}"),
    ("count", "counting", "found++", "found--"),
    ("count", "counting", "found++", "found"),
    ("isFull", "truth", "sum >= MOST", "true"),
    ("isFull", "truth", "sum >= MOST", "false"),
    ("isFull", "relation", "sum >= MOST", "sum > MOST"),
    ("never", "truth", "false", "true"),
}


@pytest.fixture(scope="module")
def small():
    texts = {"Small.sol": SMALL}
    return changes(texts, trees(texts))


def test_the_operators_make_exactly_these_bugs(small):
    made = Counter((change.function, change.operator, change.before, change.after) for change in small)
    assert made == Counter({(f"Small.{function}", *rest): 1 for function, *rest in EXPECTED})


def test_a_bug_is_where_it_says(small):
    for change in small:
        mutated = change.apply(SMALL)
        assert mutated != SMALL
        assert SMALL.encode()[change.start : change.end].decode() == change.before
        assert change.before.splitlines()[0] in SMALL.splitlines()[change.line(SMALL) - 1]
        assert len(mutated) - len(SMALL) == len(change.after) - len(change.before)
    trees({f"{place}.sol": change.apply(SMALL) for place, change in enumerate(small)})  # all of them parse


def test_a_bug_keeps_its_name_while_the_text_moves(small):
    moved = SMALL.replace("contract Small", "// One more line.\ncontract Small")
    owners = {"Small.sol": "small"}
    again = named(changes({"Small.sol": moved}, trees({"Small.sol": moved})), owners)
    assert [seeded.bug.id for seeded in again] == [seeded.bug.id for seeded in named(small, owners)]


def test_equal_bugs_of_a_function_differ_by_their_place(small):
    bugs = [seeded.bug for seeded in named([*small, *small], {"Small.sol": "small"})]
    assert len({bug.id for bug in bugs}) == len(bugs)
    assert {bug.ordinal for bug in bugs} == {0, 1}


def test_changes_of_the_same_text_do_not_go_together(small):
    whole, part = (next(change for change in small if change.operator == what) for what in ("negation", "relation"))
    with pytest.raises(Overlap):
        together([whole, part], {"Small.sol": SMALL}.__getitem__)


def test_a_draw_takes_each_operator_in_turn(small):
    bugs = list(named(small, {"Small.sol": "small"}))
    order = [seeded.bug.operator for seeded in catalogue.drawn("small", bugs)]
    assert len(order) == len(bugs)
    assert len(set(order[:8])) == 8
    assert list(catalogue.drawn("small", reversed(bugs))) == list(catalogue.drawn("small", bugs))


def test_every_listed_bug_applies_to_the_sources():
    gone = [bug for bug in listed() if bug.id not in present()]
    assert not gone, "renew the list: ./run python -m testkit.mutation list"
    assert {bug.id: bug for bug in listed()} == {bug.id: present()[bug.id].bug for bug in listed()}


def test_the_list_is_spread_as_the_groups_say():
    assert sum(group.count for group in GROUPS.values()) == 200
    assert Counter(bug.group for bug in listed()) == {name: group.count for name, group in GROUPS.items()}
    assert len({bug.operator for bug in listed()}) == 9
    assert {part.name for part in CAMPAIGNS["mutate"].parts} == {"unchanged", *GROUPS}
    assert min(GROUPS, key=lambda name: GROUPS[name].count) == SMALLEST_GROUP


def test_reasons_are_of_listed_bugs():
    assert reasons().keys() <= {bug.id for bug in listed()}
    assert all(reason.endswith(".") for reason in reasons().values())


@pytest.fixture
def kept(monkeypatch, tmp_path, small):
    """A bug, verdicts in a folder of the test, what was tried, and what comes of it."""
    tried, fates = [], {"machine": (Fate.SURVIVED, ""), "units": (Fate.UNIT_TESTS, "brownie test")}

    def attempt(what: str):
        def _attempt(_: Seeded):
            tried.append(what)
            return fates[what]

        return _attempt

    monkeypatch.setattr(trial, "KEPT", tmp_path)
    monkeypatch.setattr(trial, "_try_machine", attempt("machine"))
    monkeypatch.setattr(trial, "_try_unit_tests", attempt("units"))
    return next(named(small, {"Small.sol": "small"})), tried, fates


def test_a_verdict_is_kept_while_the_tests_are_the_same(kept, monkeypatch):
    seeded, tried, _ = kept
    verdict = trial.judge(seeded)
    assert verdict == Verdict(seeded.bug.id, Fate.UNIT_TESTS, "brownie test", verdict.seconds)
    assert trial.judge(seeded) == verdict
    assert tried == ["machine", "units"]
    monkeypatch.setattr(trial, "digest", lambda folders: "other tests")
    assert trial.judge(seeded).fate == Fate.UNIT_TESTS
    assert tried == ["machine", "units"] * 2


def test_unit_tests_look_only_for_what_the_machine_does_not_find(kept):
    seeded, tried, fates = kept
    fates["machine"] = Fate.MACHINE, "MKT-1"
    assert trial.judge(seeded).fate == Fate.MACHINE
    assert tried == ["machine"]


def test_what_the_machine_did_not_find_it_need_not_look_for_again(kept):
    seeded, tried, _ = kept
    assert trial.judge(seeded, machine_only=True).fate == Fate.SURVIVED
    assert trial.judge(seeded).fate == Fate.UNIT_TESTS
    assert tried == ["machine", "units"]


@pytest.fixture
def recorded(monkeypatch, tmp_path):
    """Renew the page from fates of the whole list, of which the last bugs have another fate."""
    monkeypatch.setattr(record, "PAGE", tmp_path / "mutation.md")

    def _recorded(last: int, fate: Fate, **others):
        bugs = listed()
        found = [{"id": bug.id, "fate": Fate.MACHINE} for bug in bugs[:-last]]
        found += [{"id": bug.id, "fate": fate, **others} for bug in bugs[-last:]]
        monkeypatch.setattr(catalogue, "reasons", lambda: {bug.id: "It is never read." for bug in bugs})
        results.save(tmp_path / "part.json", result(found))
        return record.renew([tmp_path / "part.json"]), record.PAGE.read_text()

    return _recorded


def test_the_page_counts_what_found_the_bugs(recorded):
    code, page = recorded(10, Fate.UNIT_TESTS)
    assert code == 0
    assert "| all | 200 | 190 | 10 | 0 | 0 |" in page
    assert "Found: 100.0%; by the machine alone: 95.0%." in page


def test_too_few_are_an_error(recorded, capsys):
    assert recorded(6, Fate.SURVIVED)[0] == 0
    code, page = recorded(7, Fate.SURVIVED)
    assert (code, "| all | 200 | 193 | 0 | 7 | 0 |" in page) == (1, True)
    assert "96.5% of the bugs are found" in capsys.readouterr().out
    assert recorded(30, Fate.UNIT_TESTS)[0] == 0
    assert recorded(31, Fate.UNIT_TESTS)[0] == 1


def test_equivalent_bugs_do_not_count(recorded):
    code, page = recorded(50, Fate.SURVIVED, equivalent="It is never read.")
    assert (code, "| all | 200 | 150 | 0 | 0 | 50 |" in page) == (0, True)
    assert page.count("| It is never read. |") == 50


def test_a_part_of_the_list_is_not_judged(monkeypatch, tmp_path):
    monkeypatch.setattr(record, "PAGE", tmp_path / "mutation.md")
    results.save(tmp_path / "part.json", result([{"id": listed()[0].id, "fate": Fate.SURVIVED}]))
    assert record.renew([tmp_path / "part.json"]) == 0
