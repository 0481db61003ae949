"""Options of the commands that talk to an MQTT broker."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.session import ask_secret

if TYPE_CHECKING:
    from powerpact.devices.broker import Broker

PASSWORD_FILE = "POWERPACT_MQTT_PASSWORD_FILE"
PASSWORD_DESCRIPTOR = "POWERPACT_MQTT_PASSWORD_FD"

ACCESS: dict[str, tuple[Any, Any]] = {
    "user": (
        Annotated[
            str | None,
            typer.Option(
                metavar="NAME",
                help=f"User at the broker. The password comes from the file in {PASSWORD_FILE}, from the descriptor in "
                f"{PASSWORD_DESCRIPTOR}, or from the terminal.",
            ),
        ],
        None,
    ),
    "tls": (Annotated[bool, typer.Option("--tls", help="Encrypt, and check the broker's certificate.")], False),
    "ca": (
        Annotated[
            Path | None,
            typer.Option(metavar="FILE", help="Certificates that vouch for the broker; by default the system's."),
        ],
        None,
    ),
}
"""Who asks at the broker, and how it is reached."""


def broker_of(text: str, said: dict[str, Any]) -> Broker:
    """The broker that ``--broker`` names, with the password of the user."""
    from powerpact.devices.broker import Broker
    from powerpact.errors import BadChoice

    if said["ca"] is not None and not said["tls"]:
        raise BadChoice("ca", said["ca"], "is used with --tls alone", remedy="Add --tls.")
    user = said["user"]
    Broker.parse(text, user, tls=said["tls"], ca=said["ca"])  # before a password is asked for
    password = None
    if user is not None:
        prompt = f"password of {user} at {text}"
        password = ask_secret(PASSWORD_FILE, prompt, descriptor_variable=PASSWORD_DESCRIPTOR)
    return Broker.parse(text, user, password, tls=said["tls"], ca=said["ca"])
