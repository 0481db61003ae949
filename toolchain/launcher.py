"""The commands of `./run`."""

import os
import sys
from collections.abc import Sequence

from toolchain import commands, install, steps
from toolchain.places import SetupError


def launch(command: str, arguments: Sequence[str]) -> int:
    """Set the project up, run one command and return its exit code."""
    try:
        if command == "steps":
            print("\n".join(f"{step.name:16} {' '.join(step.command)}" for step in steps.TEST))
            return 0
        if os.name != "posix":
            raise SetupError("PowerPact runs on Linux and macOS; on Windows use it inside WSL.")
        install.setup()
        match command:
            case "setup":
                return 0
            case "test":
                return steps.run_steps(steps.TEST, arguments)
            case "lint":
                return steps.run_steps(steps.LINT)
            case "compile":
                return steps.run_steps(steps.COMPILE)
            case "demo":
                commands.become(["powerpact", "demo", *arguments])
            case "bench":
                commands.become(["python", "-m", "benchmarks", *arguments])
            case _:
                commands.become([command, *arguments])
    except SetupError as fault:
        print(f"./run: {fault}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
