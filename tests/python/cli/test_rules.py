"""The options of ``powerpact market open``, which follow from the table of rules."""

import typer
from typer.testing import CliRunner

from powerpact.cli.rules import converted, with_rules
from powerpact.market.rules import ROWS, AttributeSource, Carrier, Kind, MarketAttribute, Mode
from powerpact.market.templates import rules_from, times_of

ARBITER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
SLOT = 3_600_000


def ask(*words):
    """What a command with the options gets to hear, and how it ended."""
    heard = []
    app = typer.Typer()

    @app.command()
    @with_rules
    def command(said: dict[str, object], account: str = "nobody") -> None:
        """Listen."""
        heard.append((account, said))

    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "200"})
    return (heard[0] if heard else None), result


def test_every_rule_that_can_be_stated_is_an_option():
    _, shown = ask("--help")
    flags = [row.option.flag for row in ROWS.values() if row.option]
    assert len(flags) == len(set(flags)) > 15
    assert all(flag in shown.output for flag in flags)


def test_what_is_not_said_is_left_out():
    assert ask("--account", "alice")[0] == ("alice", {})


def test_what_is_said_becomes_rules():
    (_, said), _ = ask(
        *("--arbiter", ARBITER, "--slot", SLOT, "--gate-before", 60, "--challenge-window", 7_200),
        *("--attribute", "price:cost:ask", "--attribute", "trades:income:completed-trades"),
        *("--category", "grade", "--source-category", "grade", "--zone", "lane", "--mode", "divisible"),
        *("--carrier", "heat", "--penalty-ppm", 9, "--endorser", ARBITER, "--endorsements", 1),
    )
    rules = rules_from(converted(said), 3_600)
    times = times_of(SLOT, 3_600, gate_before_s=60, challenge_window_s=7_200)
    assert (rules.slot_start, rules.closes_at, rules.final_by, rules.refund_from) == (SLOT, *times)
    assert rules.attributes == (
        MarketAttribute("price", Kind.COST, AttributeSource.ASK),
        MarketAttribute("trades", Kind.INCOME, AttributeSource.COMPLETED_TRADES),
    )
    assert (rules.categories, rules.source_category, rules.zone) == (("grade",), "grade", "lane")
    assert (rules.mode, rules.carrier, rules.penalty_ppm) == (Mode.DIVISIBLE, Carrier.HEAT, 9)
    assert (rules.endorsements, rules.endorsers != bytes(32)) == (1, True)


def test_no_categories_is_a_choice():
    (_, said), _ = ask("--category", "none")
    assert converted(said) == {"categories": ()}


def test_a_word_that_is_no_choice_is_told_with_the_choices():
    heard, result = ask("--mode", "in-parts")
    assert (heard, result.exit_code) == (None, 2)
    assert "one-to-one" in result.output
    assert "divisible" in result.output
