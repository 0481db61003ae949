"""The command line of PowerPact, `powerpact`.

`app` is the Typer application and `main` runs it. Each group of commands is a module that offers ``register(app)``
and is named in `powerpact.cli.app`. Modules import what is heavy inside their commands, so that ``--help`` is fast.
Data goes to standard output, messages to standard error; errors end with their remedy and exit code.
"""

from powerpact.cli.app import app, main

__all__ = ["app", "main"]
