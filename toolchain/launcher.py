"""The commands of `./run`."""

import os
import signal
import sys
from collections.abc import Sequence

from toolchain import campaign, commands, install, site, steps
from toolchain.campaigns import CAMPAIGNS
from toolchain.places import SetupError

RUN_ALONE = (
    "demo",
    "docs",
    "powerpact",
    "lock",
    "anvil",
    "node",
    "npm",
)  # what needs no compiler and no tools for tests


def launch(command: str, arguments: Sequence[str]) -> int:
    """Set the project up, run one command and return its exit code."""
    # A shell starts background jobs with SIGINT ignored; what is caught here is back at its default in each command.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if os.name != "posix":
            raise SetupError("PowerPact runs on Linux and macOS; on Windows use it inside WSL.")
        if command == "steps":
            print("\n".join(f"{step.name:16}{' '.join(step.command)}" for step in steps.TEST))
            return 0
        if command == "campaigns":
            print(campaign.listing(CAMPAIGNS.values()))
            return 0
        install.setup(tests=command not in RUN_ALONE)
        if command in ("demo", "samples", *CAMPAIGNS):
            install.refresh_artifacts()
        if command == "docs":
            install.prepare(site.ENVIRONMENT)
        return 0 if command == "setup" else execute(command, arguments)
    except SetupError as fault:
        print(f"./run: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def execute(command: str, arguments: Sequence[str]) -> int:
    """Run one command in the project as it was set up."""
    match command:
        case "test":
            return steps.run_steps(steps.TEST, arguments)
        case "lint" | "compile":
            return steps.run_steps(steps.LINT if command == "lint" else steps.COMPILE)
        case "docs":
            return site.build()
        case "samples":
            return campaign.samples(CAMPAIGNS.values())
        case name if name in CAMPAIGNS:
            return campaign.run(CAMPAIGNS[name], arguments)
        case "demo":
            words = ["powerpact", "demo"]
        case "artifacts" | "lock":
            words = ["python", "-m", f"tools.{command}"]
        case _:
            words = [command]
    return commands.become([*words, *arguments])
