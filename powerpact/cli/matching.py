"""Commands ``solve`` and ``verify``."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from powerpact.cli.output import STANDARD_STREAM, print_json, progress, read_input, write_output

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
    """Find the best matching of a round and the dual prices that prove it.

    Exit code 0: solved. 2: malformed input, the bad field is named.

    [bold]Example:[/bold] powerpact solve round.json -o solution.json
    """
    from powerpact.mechanisms.registry import SATISFACTION
    from powerpact.mechanisms.satisfaction.roundfile import format_solution, parse_round

    begin = time.perf_counter()
    with progress("solving") as step:
        step("reading")
        round_ = parse_round(read_input(round_file))
        solution = SATISFACTION.solve(round_, step)
        write_output(output, format_solution(solution))
    seconds = time.perf_counter() - begin
    if as_json and output != STANDARD_STREAM:
        report = {"objective": solution.objective, "trades": len(solution.trades), "seconds": round(seconds, 3)}
        print_json(report)
    else:
        typer.echo(f"{len(solution.trades)} trades, objective {solution.objective}, {seconds:.3f} s", err=True)


def verify(round_file: RoundFile, solution_file: SolutionFile, as_json: AsJson = False) -> None:
    """Check a solution against the round's own terms: every trade, the sums, and that no better matching exists.

    Exit code 0: feasible and optimal. 1: the first fault is named. 2: malformed input, the bad field is named.

    [bold]Example:[/bold] powerpact verify round.json solution.json
    """
    from powerpact.errors import MalformedInput
    from powerpact.mechanisms.registry import SATISFACTION
    from powerpact.mechanisms.satisfaction.roundfile import parse_round, parse_solution

    if round_file == solution_file == STANDARD_STREAM:
        raise MalformedInput("$", "the round and the solution cannot both be standard input")
    with progress("verifying") as step:
        step("reading")
        round_ = parse_round(read_input(round_file))
        solution = parse_solution(read_input(solution_file), round_)
        fault = SATISFACTION.verify(round_, solution, step)
    if as_json:
        described = (
            None if fault is None else {"kind": fault.kind.value, "orders": fault.orders, "detail": fault.detail}
        )
        print_json({"valid": fault is None, "objective": solution.objective, "fault": described})
    elif fault is None:
        typer.echo(f"optimal: {len(solution.trades)} trades, objective {solution.objective}")
    if fault is not None:
        typer.secho(f"{fault.kind.value}: {fault.detail}", fg="red", err=True)
        raise typer.Exit(1)
