"""The life of a device."""

from __future__ import annotations

from typing import Any

from powerpact.codec.devicekeys import sign_by_device
from testkit.chains import EvmChain
from testkit.diagrams.page import START
from testkit.diagrams.walk import Life, on_chain
from testkit.market import SLOT_LENGTH_S, Community, Trader, key

DEVICES = "DeviceRegistry"
METER = key("the meter of a life")
RECORD = (bytes(32), bytes(32), "AT001", b"orchard".ljust(24, b"\0"), 5_000, 0, 0, 1, 0)
_CERTIFIED, _RETIRED, _DECERTIFIED, _KEY, _DISTRUSTED_AT = 5, 6, 7, 8, 12


class DeviceLife:
    """What can happen to a device that two traders may own."""

    def __init__(self) -> None:
        self.community = Community(EvmChain(), traders=2)
        self.chain = self.community.chain
        self.device = int(self.community.read(DEVICES, "deviceCount")) + 1

    def found(self) -> Any:
        return self.community.read(DEVICES, "device", self.device)

    def state(self) -> str:
        found = self.found()
        if self.community.read(DEVICES, "deviceCount") < self.device:
            return START
        if found[_RETIRED] or found[_DECERTIFIED]:
            return "retired" if found[_RETIRED] else "decertified"
        if found[_DISTRUSTED_AT]:
            return "key distrusted"
        return "certified" if found[_CERTIFIED] else "not certified"

    def life(self) -> Life:
        steps = {
            "nothing": (),
            "a binding": (self.add,),
            "a certification": (self.add, self.certify),
            "another key": (self.add, self.certify, self.rotate),
            "another owner": (self.add, self.certify, self.hand_over),
            "a key that is not trusted": (self.add, self.distrust),
            "a key that is not trusted any more": (self.add, self.certify, self.distrust),
            "a retirement": (self.add, self.certify, self.retire),
            "a decertification": (self.add, self.certify, self.decertify),
        }
        actions = {
            "add": self.add,
            "certify": self.certify,
            "rotate": self.rotate,
            "hand over": self.hand_over,
            "describe": self.describe,
            "distrust": self.distrust,
            "retire": self.retire,
            "decertify": self.decertify,
        }
        return Life(on_chain(self.chain), self.state, steps, actions)

    @property
    def owner(self) -> Trader:
        address = self.found()[0]
        return next(
            (trader for trader in self.community.traders if trader.address == address), self.community.traders[0]
        )

    def send(self, sender: Any, function: str, *arguments: Any) -> None:
        """Once no change is pending."""
        self._let_changes_pass()
        self.community.send(sender, DEVICES, function, *arguments)

    def add(self) -> None:
        self.community.bind(self.community.traders[0].account, METER, certified=False)

    def certify(self) -> None:
        content = self.community.read(DEVICES, "contentOf", self.device)
        for auditor in self.community.auditors[: self.community.threshold]:
            self.send(auditor, "certify", self.device, content)

    def decertify(self) -> None:
        content = self.community.read(DEVICES, "contentOf", self.device)
        for auditor in self.community.auditors[: self.community.threshold]:
            self.send(auditor, "decertify", self.device, content, "the seal is broken")

    def rotate(self) -> None:
        new, owner = key(f"the key after {self.found()[_KEY]}"), self.owner
        terms = {"device": self.device, "owner": owner.address, "replaced": self.found()[_KEY]}
        signature = sign_by_device(new, self.community.domain(DEVICES), "Rotation", terms)
        self.send(owner.account, "rotate", self.device, new.address, signature)

    def hand_over(self) -> None:
        owner = self.owner
        other = next(trader for trader in self.community.traders if trader is not owner)
        self.send(owner.account, "offer", self.device, other.address)
        content = self.community.read(DEVICES, "contentOf", self.device)
        self.send(other.account, "accept", self.device, content)

    def describe(self) -> None:
        self.send(self.owner.account, "describe", self.device, RECORD)

    def distrust(self) -> None:
        """From a time on that is earlier than what was stated, and in the present owner's time."""
        self._let_changes_pass()
        stated = self.found()[_DISTRUSTED_AT]
        self.send(self.owner.account, "distrust", self.found()[_KEY], (stated or self.chain.now()) - 1)

    def retire(self) -> None:
        self.send(self.owner.account, "retire", self.device)

    def _let_changes_pass(self) -> None:
        self.chain.warp(self.chain.now() + 2 * SLOT_LENGTH_S)
