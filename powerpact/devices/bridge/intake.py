"""The intake: from the broker to the disk, and only then the acknowledgement.

One thread connects, reads, checks, writes and acknowledges. So an acknowledgement always goes over the connection that
its message came from, and while a group of readings is written, the next ones wait in the socket and become the next
group. The broker keeps what was not acknowledged, and sends it again to the same client id.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Final

import paho.mqtt.client as mqtt
from paho.mqtt.reasoncodes import ReasonCode

from powerpact.chain.contracts.meters import SignedReading
from powerpact.devices.bridge.checking import Checker
from powerpact.devices.broker import AT_LEAST_ONCE, EVERY_READING, Broker
from powerpact.devices.errors import BrokerRefused, BrokerUnreachable
from powerpact.progress import Progress, silent
from powerpact.store.kept import Refused
from powerpact.store.readings import Readings

MOST_AT_ONCE: Final = 500
"""Messages that are written in one transaction."""

GATHERING_S: Final = 0.05
"""How long messages that are there already are gathered, at most."""

LOOK_S: Final = 0.2
"""How long is waited for a message before it is looked whether to stop."""

LONGEST_PAUSE_S: Final = 30.0
"""Between two attempts to connect."""

_FAILED: Final = 0x80
"""What a broker answers to a subscription that it refuses."""


@dataclass(slots=True)
class Counts:
    """What came since the start: groups, messages, new readings, readings that were known, refused messages."""

    groups: int = 0
    received: int = 0
    new: int = 0
    known: int = 0
    refused: int = 0


class Intake:
    """Takes readings from a broker and keeps them.

    Parameters
    ----------
    broker : Broker
        Where they are published.
    client_id : str
        Under which the broker keeps messages while nobody takes them; the same in every run, and nobody else's.
    checker : Checker
        Says which are valid.
    readings : Readings
        Where they are kept.
    report : callable
        Called with what a user should know.

    Attributes
    ----------
    counts : Counts
        What came so far.
    last_at : float
        When the last message came, or the broker let the client in, by `time.monotonic`; infinite while there is no
        connection.
    """

    def __init__(
        self, broker: Broker, client_id: str, checker: Checker, readings: Readings, report: Progress = silent
    ) -> None:
        self._broker = broker
        self._client_id = client_id
        self._checker = checker
        self._readings = readings
        self._report = report
        self._batch: list[mqtt.MQTTMessage] = []
        self.counts = Counts()
        self.last_at = float("inf")

    def run(self, stop: threading.Event) -> None:
        """Take readings until `stop` is set; connections that end are made again.

        Raises
        ------
        BrokerRefused
            If the broker does not let the client in.
        BadDatabase
            If the readings cannot be kept.
        """
        pause_s = 0.5
        while not stop.is_set():
            client = self._broker.client(self._client_id, by_hand=True, keeps_session=True)
            try:
                self._connect(client)
                pause_s = 0.5
                while not stop.is_set():
                    self._gather(client)
                    self.keep(client)
            except BrokerUnreachable as error:
                self._report(f"{error}; trying again in {pause_s:g} s")
                self.last_at = float("inf")
                stop.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            finally:
                self._batch.clear()  # not acknowledged: the broker sends it again
                client.disconnect()

    def _connect(self, client: mqtt.Client) -> None:
        answers: list[ReasonCode] = []
        client.on_subscribe = lambda _client, _data, _mid, codes, _properties: answers.extend(codes)
        client.on_message = lambda _client, _data, message: self._batch.append(message)
        self._broker.connect(client)
        client.subscribe(EVERY_READING, qos=AT_LEAST_ONCE)
        self._broker.wait(client, lambda: bool(answers))
        if answers[0].value >= _FAILED:
            raise BrokerRefused(self._broker.name, self._broker.user, f"it may not subscribe {EVERY_READING}")
        self._report(f"takes readings from the broker at {self._broker.name}")
        self.last_at = time.monotonic()

    def _gather(self, client: mqtt.Client) -> None:
        """Wait for a message, and take those that are there with it."""
        self._loop(client, LOOK_S)
        deadline = time.monotonic() + GATHERING_S
        found = 0
        while found < len(self._batch) < MOST_AT_ONCE and time.monotonic() < deadline:
            found = len(self._batch)
            self._loop(client, 0)

    def _loop(self, client: mqtt.Client, wait_s: float) -> None:
        code = client.loop(wait_s)
        if code != mqtt.MQTT_ERR_SUCCESS:
            raise BrokerUnreachable(self._broker.name, mqtt.error_string(code))

    def keep(self, client: mqtt.Client) -> None:
        """Check the messages that are there, write them down, and acknowledge them once they are on the disk."""
        batch = self._batch
        if not batch:
            return
        valid: list[tuple[SignedReading, str]] = []
        refused: list[Refused] = []
        for message in batch:
            topic = _topic(message)
            found = self._checker.check(topic, bytes(message.payload))
            if isinstance(found, Refused):
                refused.append(found)
            else:
                valid.append((found, topic))
        kept = self._readings.keep(valid, refused)
        for message in batch:
            client.ack(message.mid, message.qos)
        self.last_at = time.monotonic()
        counts = self.counts
        counts.groups += 1
        counts.received += len(batch)
        counts.new += kept.new
        counts.known += kept.known
        counts.refused += kept.refused
        if kept.refused:
            reason = f": {refused[0].reason}" if refused else ""
            self._report(f"refused {kept.refused} of {len(batch)} messages{reason}")
        batch.clear()


def _topic(message: mqtt.MQTTMessage) -> str:
    try:
        return message.topic
    except UnicodeDecodeError:
        return "(no UTF-8)"
