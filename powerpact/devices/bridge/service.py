"""The bridge as a service: intake and reporter side by side, until somebody stops them."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from powerpact.chain.client import Chain
from powerpact.chain.errors import NonceTaken
from powerpact.chain.node_errors import TROUBLE
from powerpact.chain.outbox import StoppedAfterSending
from powerpact.chain.transactions import Sender
from powerpact.devices.bridge.checking import Checker, Registry
from powerpact.devices.bridge.intake import Counts, Intake
from powerpact.devices.bridge.reporting import Reporter
from powerpact.devices.broker import Broker
from powerpact.devices.errors import BridgeRuns
from powerpact.progress import Progress, silent
from powerpact.store.errors import AccountBusy
from powerpact.store.journal import Journal
from powerpact.store.kept import Refused
from powerpact.store.readings import Readings
from powerpact.store.turns import turn

LONGEST_PAUSE_S: Final = 60.0
"""Between two attempts while the node or the chain is in trouble."""

PRUNE_S: Final = 3_600.0
"""Between two looks for readings that need not be kept any longer."""

LOCK: Final = "bridge.lock"
"""The file in the journal's folder that a running bridge holds."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a bridge works.

    Attributes
    ----------
    client_id : str
        Under which the broker keeps messages for it; the same in every run, and nobody else's.
    confirmations : int
        Blocks on top of a transaction's own from which on its readings are final.
    patience_s : float
        How long a reading waits for the one of the interval before, s.
    poll_s : float
        Between two looks at what is to be reported, s.
    until_idle_s : float, optional
        The bridge ends once nothing has come for so long and all is final, s; by default it does not end.
    """

    client_id: str = "powerpact-bridge"
    confirmations: int = 12
    patience_s: float = 900.0
    poll_s: float = 2.0
    until_idle_s: float | None = None


class Bridge:
    """Takes readings from a broker and reports them to the chain.

    Parameters
    ----------
    chain : Chain
        The deployment.
    sender : Sender
        Who pays the gas.
    journal : Journal
        Where readings are kept.
    broker : Broker
        Where they come from.
    options : Options
        How it works.
    report : callable
        Called with what a user should know, from two threads.
    """

    def __init__(
        self,
        chain: Chain,
        sender: Sender,
        journal: Journal,
        broker: Broker,
        options: Options | None = None,
        report: Progress = silent,
    ) -> None:
        self._chain = chain
        self._sender = sender
        self._journal = journal
        self._options = options or Options()
        self._report = report
        self._registry = Registry()
        self._checker = Checker(chain.domain("Metering"), chain.deployment.parameters.base_interval_s, self._registry)
        self.readings = Readings(journal)
        self._intake = Intake(broker, self._options.client_id, self._checker, self.readings, report)
        self._reporter: Reporter | None = None
        self._pruned_at = float("-inf")
        self._failure: BaseException | None = None
        self._is_stopped = False
        self._wake = threading.Event()

    @property
    def counts(self) -> Counts:
        """What came since the start."""
        return self._intake.counts

    def run(self) -> None:
        """Work until Ctrl-C, or until nothing is left to do if the options say so.

        What is stored and not final then is taken up by the next run.

        Raises
        ------
        BridgeRuns
            If another bridge has the journal.
        BrokerRefused
            If the broker does not let it in.
        BadDatabase
            If the journal cannot be written.
        """
        with self._alone(), contextlib.suppress(KeyboardInterrupt):
            self._first_look()
            stop = threading.Event()
            intake = threading.Thread(target=self._take, args=(stop,), name="intake")
            intake.start()
            try:
                self._work()
            except StoppedAfterSending as stopped:
                for outgoing in stopped.under_way:
                    self._report(f"{outgoing.hash_text} is sent and not known to be mined; the next run waits for it")
            finally:
                stop.set()
                intake.join()
        if self._failure is not None:
            raise self._failure

    def stop(self) -> None:
        """End the work, from another thread: what is at hand is finished."""
        self._is_stopped = True
        self._wake.set()

    def _first_look(self) -> None:
        """Know the devices before the first reading comes."""
        pause_s = self._options.poll_s
        while True:
            try:
                self._registry.update(self._chain)
                return
            except TROUBLE as error:
                self._report(f"{error}; trying again in {pause_s:g} s")
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _take(self, stop: threading.Event) -> None:
        """The intake's thread: what ends it ends the bridge."""
        try:
            self._intake.run(stop)
        except Exception as error:
            self._failure = error
        finally:
            self._wake.set()

    def _work(self) -> None:
        pause_s = self._options.poll_s
        while self._failure is None and not self._is_stopped:
            try:
                has_reported = self._pass()
                pause_s = self._options.poll_s
            except (*TROUBLE, NonceTaken, AccountBusy) as error:
                self._report(f"{error}; trying again in {pause_s:g} s")
                self._wake.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
                continue
            if self._is_idle():
                return
            if not has_reported:
                self._wake.wait(pause_s)

    def _pass(self) -> bool:
        """Do what can be done now; whether anything was reported, so that there may be more."""
        if self._registry.update(self._chain):
            self._look_again()
        if self._reporter is None:
            self._reporter = Reporter(
                self._chain,
                self._sender,
                self.readings,
                confirmations=self._options.confirmations,
                patience_s=self._options.patience_s,
                report=self._report,
            )
        count = self._reporter.step()
        if time.monotonic() - self._pruned_at > PRUNE_S:
            self.readings.prune()
            self._pruned_at = time.monotonic()
        return count > 0

    def _look_again(self) -> None:
        """Take what was refused only because its device was not registered yet."""
        passable = self.readings.passable(self._registry.count)
        if not passable:
            return
        checked = [(refused.topic, self._checker.check(refused.topic, refused.payload)) for _, refused in passable]
        valid = [(found, topic) for topic, found in checked if not isinstance(found, Refused)]
        self.readings.keep(valid, [found for _, found in checked if isinstance(found, Refused)])
        self.readings.forget([id_ for id_, _ in passable])
        self._report(f"took {len(valid)} readings of devices that are registered by now")

    def _is_idle(self) -> bool:
        idle_s = self._options.until_idle_s
        if idle_s is None or time.monotonic() - self._intake.last_at < idle_s:
            return False
        return not self.readings.has_waiting()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        if self._journal.path is None:
            yield
            return
        path = self._journal.path.parent / LOCK
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(turn(path, "the bridge", silent, patience_s=0))
            except AccountBusy as error:
                raise BridgeRuns(path) from error
            yield
