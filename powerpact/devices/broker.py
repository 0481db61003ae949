"""An MQTT broker: where it is, who asks, and how readings are published there.

MQTT 3.1.1, which brokers of MQTT 5 speak too. paho-mqtt is used directly: aiomqtt has no way to acknowledge a message
by hand, and what the bridge acknowledges must be on its disk.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.readingfile import format_reading
from powerpact.devices.errors import BrokerRefused, BrokerUnreachable
from powerpact.errors import BadChoice

PORT: Final = 1_883
TLS_PORT: Final = 8_883

EVERY_READING: Final = "powerpact/+/reading"
"""The topics that a bridge subscribes to: ``powerpact/<device>/reading``."""

KEEP_ALIVE_S: Final = 60
ANSWER_S: Final = 20.0
"""How long the broker is waited for."""

IN_FLIGHT: Final = 500
"""Readings that are on their way to the broker at the same time."""

AT_LEAST_ONCE: Final = 1
"""Quality of service."""


def topic_of(device: int) -> str:
    """The topic of a device's readings."""
    return f"powerpact/{device}/reading"


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker, and who asks there.

    Attributes
    ----------
    host : str
        Its name or address.
    port : int
        Its port.
    user, password : str or None
        Credentials.
    tls : bool
        Whether the connection is encrypted, and the broker's certificate checked.
    ca : Path or None
        Certificates that vouch for the broker's; by default those of the system.

    Raises
    ------
    BadChoice
        If a password would go over a network without encryption, or the certificates cannot be read.
    """

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False
    ca: Path | None = None

    def __post_init__(self) -> None:
        if self.password is not None and not self.tls and not _is_local(self.host):
            problem = "would get the password in clear text"
            raise BadChoice("broker", self.name, problem, remedy="Add --tls, and --ca for a certificate of your own.")

    @classmethod
    def parse(
        cls, text: str, user: str | None = None, password: str | None = None, *, tls: bool, ca: Path | None = None
    ) -> Broker:
        """The broker that ``HOST`` or ``HOST:PORT`` names; by default at port 1883, or 8883 with TLS.

        Raises
        ------
        BadChoice
            If it is neither, or as the class says.
        """
        host, colon, port = text.rpartition(":") if not text.endswith("]") else (text, "", "")
        if not colon:
            host, port = text, str(TLS_PORT if tls else PORT)
        host = host.removeprefix("[").removesuffix("]")
        if not host or "/" in host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
            remedy = "Write localhost, broker.example:1883 or [::1]:1883."
            raise BadChoice("broker", text, "is not HOST or HOST:PORT", remedy=remedy)
        return cls(host, int(port), user, password, tls, ca)

    @property
    def name(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"

    def client(self, client_id: str, *, by_hand: bool = False, keeps_session: bool = False) -> mqtt.Client:
        """A client that is not connected yet.

        Parameters
        ----------
        client_id : str
            Under which the broker knows it; empty for one of its choice.
        by_hand : bool
            Whether messages are acknowledged by hand, with `Client.ack`.
        keeps_session : bool
            Whether the broker keeps messages for this id while it is away.
        """
        client = mqtt.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            clean_session=not keeps_session,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
            manual_ack=by_hand,
        )
        client.connect_timeout = ANSWER_S
        if self.user is not None:
            client.username_pw_set(self.user, self.password)
        if self.tls:
            client.tls_set_context(self._context())
        return client

    def connect(self, client: mqtt.Client) -> None:
        """Connect, and wait until the broker lets the client in.

        Raises
        ------
        BrokerUnreachable
            If the broker does not answer.
        BrokerRefused
            If it does not let the client in.
        """
        codes: list[ReasonCode] = []
        client.on_connect = lambda _client, _data, _flags, code, _properties: codes.append(code)
        try:
            client.connect(self.host, self.port, KEEP_ALIVE_S)
            self.wait(client, lambda: bool(codes))
        except (OSError, ValueError) as error:
            if isinstance(error, BrokerUnreachable) and codes and codes[0].is_failure:
                raise BrokerRefused(self.name, self.user, str(codes[0])) from error
            raise error if isinstance(error, BrokerUnreachable) else BrokerUnreachable(self.name, str(error)) from error
        if codes[0].is_failure:
            raise BrokerRefused(self.name, self.user, str(codes[0]))

    def wait(self, client: mqtt.Client, is_done: Callable[[], bool], patience_s: float = ANSWER_S) -> None:
        """Let a client work until something is done.

        Raises
        ------
        BrokerUnreachable
            If the connection ends, or it takes too long.
        """
        deadline = time.monotonic() + patience_s
        while not is_done():
            code = client.loop(0.1)
            if is_done():
                return
            if code != mqtt.MQTT_ERR_SUCCESS:
                raise BrokerUnreachable(self.name, mqtt.error_string(code))
            if time.monotonic() > deadline:
                raise BrokerUnreachable(self.name, f"it did not answer within {patience_s:g} s")

    def _context(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
        except (OSError, ssl.SSLError) as error:
            remedy = "Name a file of certificates in PEM that can be read."
            raise BadChoice("ca", self.ca, f"cannot be used: {error}", remedy=remedy) from error


class Publisher:
    """Publishes readings, and knows when the broker has them.

    Parameters
    ----------
    broker : Broker
        Where to.
    client_id : str
        Under which the broker knows the publisher; by default one of its choice.

    Raises
    ------
    BrokerUnreachable, BrokerRefused
        As their names say.
    """

    def __init__(self, broker: Broker, client_id: str = "") -> None:
        self._broker = broker
        self._client = broker.client(client_id)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._under_way: set[int] = set()
        self._client.on_publish = lambda _client, _data, mid, _code, _properties: self._under_way.discard(mid)
        broker.connect(self._client)

    def publish(self, readings: Iterable[SignedReading]) -> int:
        """Publish readings in their order; their number, once the broker has acknowledged all.

        Raises
        ------
        BrokerUnreachable
            If the connection ends before; what was published may be published again.
        """
        count = 0
        for signed in readings:
            self._broker.wait(self._client, lambda: len(self._under_way) < IN_FLIGHT)
            payload = format_reading(signed.reading, signed.signature)
            info = self._client.publish(topic_of(signed.reading.device), payload, qos=AT_LEAST_ONCE)
            if info.rc != mqtt.MQTT_ERR_SUCCESS:
                raise BrokerUnreachable(self._broker.name, mqtt.error_string(info.rc))
            self._under_way.add(info.mid)
            count += 1
        self._broker.wait(self._client, lambda: not self._under_way)
        return count

    def close(self) -> None:
        """Say goodbye."""
        self._client.disconnect()


def _is_local(host: str) -> bool:
    """Whether a connection to a host stays on this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
