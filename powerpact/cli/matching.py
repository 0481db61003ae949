"""Commands ``solve``, ``verify`` and ``compare``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.choices import enum_member, words_of
from powerpact.cli.output import STANDARD_STREAM, print_json, progress, read_input, write_output
from powerpact.cli.session import table
from powerpact.market.schema import PriceRule
from powerpact.market.wording import count

if TYPE_CHECKING:
    PriceWord = str
    from powerpact.mechanisms.registry import Mechanism, Result
else:
    PriceWord = words_of("PriceWord", tuple(PriceRule))

RoundFile = Annotated[str, typer.Argument(metavar="ROUND", help="Round file, - for standard input.")]
SolutionFile = Annotated[str, typer.Argument(metavar="SOLUTION", help="Solution file, - for standard input.")]
OutputFile = Annotated[
    str, typer.Option("-o", "--output", metavar="SOLUTION", help="Where the solution goes, - for standard output.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Report as JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(solve)
    app.command()(verify)
    app.command()(compare)


def solve(round_file: RoundFile, output: OutputFile = STANDARD_STREAM, as_json: AsJson = False) -> None:
    """Find the result of a round and what proves it: the best matching and its dual prices, or an auction's price.

    The round file names its mechanism: satisfaction matching if it names none, or the call auction.

    Exit code 0: solved. 2: malformed input, the bad field is named.

    [bold]Example:[/bold] powerpact solve round.json -o solution.json
    """
    from powerpact.mechanisms.registry import parse_round

    begin = time.perf_counter()
    with progress("solving") as step:
        step("reading")
        mechanism, round_ = parse_round(read_input(round_file))
        solution = mechanism.solve(round_, step)
        write_output(output, mechanism.format_solution(solution))
    seconds = time.perf_counter() - begin
    if as_json and output != STANDARD_STREAM:
        print_json({**_figures(mechanism, solution), "seconds": round(seconds, 3)})
    else:
        typer.echo(f"{_in_words(mechanism, solution)}, {seconds:.3f} s", err=True)


def verify(round_file: RoundFile, solution_file: SolutionFile, as_json: AsJson = False) -> None:
    """Check a solution against the round's own terms: every trade, the sums, and that no other result is right.

    The round file names its mechanism, see `powerpact solve`; the solution must be of the same.

    Exit code 0: the rules were followed. 1: the first fault is named. 2: malformed input, the bad field is named.

    [bold]Example:[/bold] powerpact verify round.json solution.json
    """
    from powerpact.errors import MalformedInput
    from powerpact.mechanisms.registry import parse_round

    if round_file == solution_file == STANDARD_STREAM:
        raise MalformedInput("$", "the round and the solution cannot both be standard input")
    with progress("verifying") as step:
        step("reading")
        mechanism, round_ = parse_round(read_input(round_file))
        solution = mechanism.parse_solution(read_input(solution_file), round_)
        fault = mechanism.verify(round_, solution, step)
    if as_json:
        described = (
            None if fault is None else {"kind": fault.kind.value, "orders": fault.orders, "detail": fault.detail}
        )
        print_json({"valid": fault is None, **_figures(mechanism, solution), "fault": described})
    elif fault is None:
        typer.echo(f"{mechanism.claim}: {_in_words(mechanism, solution)}")
    if fault is not None:
        typer.secho(f"{fault.kind.value}: {fault.detail}", fg="red", err=True)
        raise typer.Exit(1)


def compare(
    round_file: RoundFile,
    price_rule: Annotated[
        PriceWord, typer.Option("--price-rule", help="How prices follow from orders in satisfaction matching.")
    ] = "midpoint",
    plot: Annotated[str | None, typer.Option(metavar="FILE.svg", help="Also draw the figures.")] = None,
    as_json: AsJson = False,
) -> None:
    """Clear the same orders one-to-one, divisibly and by a call auction, and compare what comes of it.

    All figures are in units that compare: welfare in points, energy in Wh, prices, satisfaction and fairness. The
    orders must state their energy.

    [bold]Example:[/bold] powerpact compare round.json --plot designs.svg
    """
    from powerpact.mechanisms.metrics import compare as measured
    from powerpact.mechanisms.registry import parse_round

    with progress("comparing") as step:
        step("reading")
        _, round_ = parse_round(read_input(round_file))
        step("clearing")
        designs = measured(round_, enum_member(PriceRule, "price rule", price_rule))
    if plot is not None:
        from powerpact.cli.designs import drawn

        write_output(plot, drawn(designs))
    if as_json:
        print_json({name: found.as_dict() for name, found in designs.items()})
        return
    from powerpact.cli.designs import rows

    table(rows(designs), as_json=False)


def _figures(mechanism: Mechanism, solution: Result) -> dict[str, object]:
    """What a report says of a solution."""
    price = mechanism.price_of(solution)
    priced = {} if price is None else {"price": price}
    return {
        "mechanism": mechanism.name,
        "objective": solution.objective,
        "trades": len(solution.trades),
        **priced,
    }


def _in_words(mechanism: Mechanism, solution: Result) -> str:
    """The same in words."""
    price = mechanism.price_of(solution)
    priced = "" if price is None else f" at {price} micro-points per kWh"
    return f"{count(len(solution.trades), 'trade')}{priced}, objective {solution.objective}"
