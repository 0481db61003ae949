"""Errors of brokers, meters' files and meters' registers, each with its remedy."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class BrokerUnreachable(PowerPactError, ConnectionError):
    """The MQTT broker does not answer, or the connection to it ended.

    Parameters
    ----------
    broker : str
        Its host and port.
    cause : str
        What the connection said.
    """

    advice = (
        "Start the broker, or correct `--broker`; with `--tls` its certificate must be for this host and signed by "
        "`--ca`. Then run the same command again: nothing is stored twice."
    )

    def __init__(self, broker: str, cause: str) -> None:
        super().__init__(f"no MQTT broker at {broker}: {cause}", remedy=self.advice)
        self.broker = broker
        self.cause = cause


class BrokerRefused(PowerPactError, PermissionError):
    """The MQTT broker does not let this user in, or does not let it subscribe or publish.

    Parameters
    ----------
    broker : str
        Its host and port.
    user : str or None
        Who asked.
    reason : str
        What the broker says.
    """

    advice = "Check `--user`, its password, and the broker's list of who may read and write which topics."

    def __init__(self, broker: str, user: str | None, reason: str) -> None:
        super().__init__(f"the MQTT broker at {broker} refuses {user or 'users without a name'}: {reason}")
        self.remedy = self.advice
        self.broker = broker
        self.user = user
        self.reason = reason


class BridgeRuns(PowerPactError, TimeoutError):
    """Another bridge runs with the same journal.

    Parameters
    ----------
    path : object
        Its lock file.
    """

    advice = "End the other bridge, or let it do the work: one for each deployment and machine is enough."

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} is held by another bridge", remedy=self.advice)
        self.path = path


class BadRegisters(PowerPactError, ValueError):
    """A meter's registers do not say what a reading needs.

    Parameters
    ----------
    source : str
        The meter's host and port.
    field : str
        What was looked for.
    value : object
        What was found.
    problem : str
        What is wrong.
    """

    advice = (
        "Check host, port and `--unit`, and that the device speaks SunSpec: model 1 with 101 to 103 (inverter) or 201 "
        "to 204 (meter). After a reset or an exchange of the meter, bind it anew (docs/meter-exchange.md)."
    )

    def __init__(self, source: str, field: str, value: object, problem: str) -> None:
        super().__init__(f"{source}: {field} {value}: {problem}", remedy=self.advice)
        self.source = source
        self.field = field
        self.value = value
        self.problem = problem


class MeterUnreachable(PowerPactError, ConnectionError):
    """A meter does not answer over Modbus.

    Parameters
    ----------
    source : str
        Its host and port.
    cause : str
        What the connection said.
    """

    advice = "Check host, port and `--unit`, and that Modbus TCP is switched on in the device."

    def __init__(self, source: str, cause: str) -> None:
        super().__init__(f"no answer from the meter at {source}: {cause}", remedy=self.advice)
        self.source = source
        self.cause = cause


class BadBatchFile(PowerPactError, ValueError):
    """A file of readings is no batch that a router can commit to, or not the one that was asked for.

    Parameters
    ----------
    path : object
        The file.
    problem : str
        What is wrong with it.
    """

    exit_code = 2
    advice = (
        "A batch is a whole file as it was committed: each device's intervals in their order, none twice. List the "
        "batches with `powerpact router batches`."
    )

    def __init__(self, path: object, problem: str) -> None:
        super().__init__(f"{path} {problem}", remedy=self.advice)
        self.path = path
        self.problem = problem


class CorrectionTooLate(PowerPactError, ValueError):
    """A higher version of a reading came after the correction window of its interval; the reading is final.

    Parameters
    ----------
    device, start_at, version : int
        Whose interval, its start in Unix seconds, and the version that came.
    final_from : int
        Since when the reading is final, Unix seconds.
    """

    advice = "Nothing to do: the reading stays as it is. Publish corrections inside the window of their interval."

    def __init__(self, device: int, start_at: int, version: int, final_from: int) -> None:
        super().__init__(
            f"version {version} of the reading of {start_at} came too late: it is final since {final_from}",
            remedy=self.advice,
        )
        self.device = device
        self.start_at = start_at
        self.version = version
        self.final_from = final_from
