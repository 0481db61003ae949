"""Commands ``solve`` and ``verify``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.output import STANDARD_STREAM, print_json, progress, read_input, write_output

if TYPE_CHECKING:
    from powerpact.mechanisms.registry import Mechanism, Result

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
    return f"{len(solution.trades)} trades{priced}, objective {solution.objective}"
