"""Everyone tries every call of the market day; what differs from the power table is a fault."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from eth_account.signers.local import LocalAccount

from powerpact.chain.artifacts import Artifact, artifact
from powerpact.chain.errors import ContractError
from testkit.powers.cast import Actor, Stage, set_stage
from testkit.powers.day import day
from testkit.powers.neutral import neutral
from testkit.powers.observed import Item, Reading, look, readings
from testkit.powers.scenes import Call, Scene, same
from testkit.powers.table import POWERS, powers
from testkit.powers.terms import Power, Role, State


@dataclass
class Trials:
    """What everyone did, and what was wrong with it."""

    stage: Stage
    faults: list[str] = field(default_factory=list)
    changed: defaultdict[tuple[str, str], set[State]] = field(default_factory=lambda: defaultdict(set))
    """By function: what its calls that worked changed."""
    forged: set[tuple[str, str]] = field(default_factory=set)
    """Functions that somebody tried with something invented."""
    count: int = 0
    _readings: list[Reading] = field(default_factory=list)
    _before: dict[Item, bytes] = field(default_factory=dict)
    _from: list[object] = field(default_factory=list)

    def moment(self, scenes: list[Scene]) -> None:
        """Let everyone try every scene, each from the same state."""
        self._readings = list(readings(self.stage))
        self._from, self._before = self.stage.community.chain.snapshot(), look(self.stage, self._readings)
        for scene in scenes:
            self._scene(scene)

    def guards(self) -> None:
        """Let everyone try what is for other contracts of the deployment: nobody gets past a guard."""
        self._from = self.stage.community.chain.snapshot()
        for contract, function, power in powers():
            if Role.CONTRACT in power.by:
                arguments = neutral(contract, function)
                for actor in self.stage.cast:
                    self._try_each(actor, Scene(contract, function, same(*arguments)), power)

    def gaps(self) -> list[str]:
        """Entries of the table that the day did not show: a change that nobody saw, an invention that nobody tried."""
        found = []
        for contract, function, power in powers():
            unseen = set(power.changes) - self.changed[contract, function]
            if Role.CONTRACT not in power.by and unseen:
                found.append(f"{contract}.{function} changed no {', no '.join(sorted(s.value for s in unseen))}")
            if bool(power.forged) != ((contract, function) in self.forged):
                found.append(f"nothing was invented for {contract}.{function}, or the table names no error for it")
        return found

    def _scene(self, scene: Scene) -> None:
        power = POWERS[scene.contract][scene.function]
        if scene.call and Role.AUDITOR in power.by and power.changes:
            self._votes(scene, power)
        for actor in self.stage.cast:
            self._try_each(actor, scene, power)
        if scene.sender:
            self._try_each(Actor("whose call it is", (scene.sender,)), scene, power)

    def _try_each(self, actor: Actor, scene: Scene, power: Power) -> None:
        for who in actor.accounts:
            if scene.call:
                self._try(actor, who, scene, power)
            if scene.forged:
                self._forge(actor, who, scene, power)

    def _try(self, actor: Actor, who: LocalAccount, scene: Scene, power: Power) -> None:
        """One call. A vote of an auditor alone is taken, and changes nothing."""
        error, changed = self._send(who, scene.contract, scene.function, scene.call)
        if not _may(actor, who, scene, power):
            expected = power.refused
            if error != expected:
                self._fault(scene, f"{_outcome(actor, error)}, not refused with {expected}")
            return
        if error:
            self._fault(scene, f"{actor.name} may call it, and is refused with {error}")
        allowed = () if Role.AUDITOR in power.by else power.changes
        self._check(actor.name, scene, allowed, changed, who)

    def _forge(self, actor: Actor, who: LocalAccount, scene: Scene, power: Power) -> None:
        """What is invented is refused, also from whom the table names."""
        assert scene.forged is not None
        error, _ = self._send(who, scene.contract, scene.function, scene.forged)
        expected = power.forged if _may(actor, who, scene, power) else power.refused or power.forged
        if error not in {expected, power.forged}:
            self._fault(scene, f"{_outcome(actor, error)} with something invented, not refused with {expected}")
        self.forged.add((scene.contract, scene.function))

    def _votes(self, scene: Scene, power: Power) -> None:
        """One vote less than decides changes nothing; the last one does what the table says."""
        community = self.stage.community
        *first, last = community.auditors[: community.threshold - scene.voted]
        for auditor in first:
            community.send(auditor, scene.contract, scene.function, *scene.call(auditor))
            again = self._again(auditor, scene)
            if not again.endswith("_AlreadyVoted"):
                self._fault(scene, f"an auditor's second vote is refused with {again or 'nothing'}")
        self._check("k - 1 auditors", scene, (), self._difference(), first[0])
        error, changed = self._send(last, scene.contract, scene.function, scene.call)
        if error:
            self._fault(scene, f"the last of k auditors is refused with {error}")
        self._check("k auditors", scene, power.changes, changed, last)

    def _again(self, auditor: LocalAccount, scene: Scene) -> str:
        """How a second vote is refused."""
        assert scene.call is not None
        try:
            self.stage.community.send(auditor, scene.contract, scene.function, *scene.call(auditor))
        except ContractError as error:
            return error.name
        return ""

    def _check(
        self,
        name: str,
        scene: Scene,
        allowed: tuple[State, ...],
        changed: set[Item],
        who: LocalAccount,
    ) -> None:
        """Only what is allowed changed, and only of who called and of those whom the scene names."""
        self.changed[scene.contract, scene.function] |= {item.state for item in changed}
        custody = self.stage.community.addresses["Accounts"]
        concerned = {"", who.address, custody, *scene.touches}
        for item in changed:
            if item.state not in allowed:
                self._fault(scene, f"{name} changes {item.state.value}: {item.label}")
            elif item.owner not in concerned:
                self._fault(scene, f"{name} changes {item.state.value} of {item.owner}: {item.label}")

    def _send(self, who: LocalAccount, contract: str, function: str, call: Call) -> tuple[str, set[Item]]:
        """Call from the state of the moment, and go back to it: the error, and what changed."""
        community, self.count = self.stage.community, self.count + 1
        try:
            community.send(who, contract, function, *call(who))
            return "", self._difference()
        except ContractError as error:
            return error.name, set()
        finally:
            community.chain.revert(self._from)

    def _difference(self) -> set[Item]:
        after = look(self.stage, self._readings)
        return {item for item in after if after[item] != self._before.get(item)}

    def _fault(self, scene: Scene, what: str) -> None:
        self.faults.append(f"{scene.contract}.{scene.function}: {what}")


def _outcome(actor: Actor, error: str) -> str:
    return f"{actor.name} is refused with {error}" if error else f"{actor.name} succeeds"


def _may(actor: Actor, who: LocalAccount, scene: Scene, power: Power) -> bool:
    """Whether the table lets somebody make the call of a scene."""
    if scene.sender:
        return who == scene.sender
    return power.is_open or not actor.roles.isdisjoint(power.by)


def try_everything(artifacts: Callable[[str], Artifact] = artifact) -> Trials:
    """A market day on which everyone tries everything."""
    trials = Trials(set_stage(artifacts))
    for scenes in day(trials.stage):
        trials.moment(scenes)
    trials.guards()
    return trials
