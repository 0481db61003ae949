"""The life of a device of its own: bound, certified, given another key, owner or record, distrusted, stopped.

It is played on the chain of the moment and taken back, so that no market notices.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from eth_account.signers.local import LocalAccount
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from powerpact.chain.errors import ContractError
from powerpact.codec.eip712 import sign
from powerpact.market.readings import Reading
from testkit.invariants import holds
from testkit.market import SLOT_LENGTH_S, Trader, key
from testkit.meters import packed, reading_proof
from testkit.stateful.lives import CERTIFIED, DECERTIFIED, RETIRED, Life, Tenure
from testkit.stateful.lots import hour_from, lot_id
from testkit.stateful.orders import OrderRules
from testkit.stateful.stage import INDICES, RUNS, TRADERS, refused

EXPORTED_WH = 700
REASON = "the seal is broken"
MOST_INTERVALS = 3
"""Of those since the last reading, how many are tried."""

STEPS = ("certify", "rotate", "hand over", "describe", "distrust", "distrust by votes", "retire", "decertify", "wait")
LIVES = st.lists(
    st.tuples(st.sampled_from((*STEPS, "certify", "rotate", "hand over")), INDICES), min_size=4, max_size=10
)


class ChangingRules(OrderRules):
    """A device of its own, step by step; each step that its state does not allow is refused."""

    @precondition(lambda self: self.ghost.may_trade(self.traders[0], self.chain.now() + 1))
    @rule(steps=LIVES)
    def live(self, steps: Sequence[tuple[str, int]]) -> None:
        point = self.chain.snapshot()
        counters = dict(self.community.counters)
        try:
            self._live(steps)
        finally:
            self.chain.undo(point)
            self.community.counters = counters

    def _live(self, steps: Sequence[tuple[str, int]]) -> None:
        owner, meter = self.traders[0], key("the key of a life")
        device = self.community.bind(owner.account, meter, certified=False)
        life = Life(device, [Tenure(0, owner, meter)])
        seen = set()
        for what, number in [("certify", 0), *steps]:
            self._pass_time(life, number)
            if life.state not in seen:
                seen.add(life.state)
                self._try_all(life, number)
            self._take(life, what, number)
            self._compare(life)
        self._pass_time(life, 2)
        self._issue_all(life)

    def _take(self, life: Life, what: str, number: int) -> None:
        """One step, which is refused if the state does not allow it."""
        before = life.state
        error = self._step(life, what, number)
        RUNS[f"live: {error}" if error else f"live: {what}"] += 1
        if not error and what != "wait":
            RUNS[f"live: {before} to {life.state}"] += 1

    def _try_all(self, life: Life, number: int) -> None:
        """What this state does not allow is refused; what it does is taken back."""
        for what in STEPS:
            point, copied = self.chain.snapshot(), _copy(life)
            self._take(copied, what, number)
            self._compare(copied)
            self.chain.undo(point)

    def _step(self, life: Life, what: str, number: int) -> str | None:
        steps: dict[str, Callable[[Life, int], str | None]] = {
            "certify": self._step_certify,
            "rotate": self._step_rotate,
            "hand over": self._step_hand_over,
            "describe": self._step_describe,
            "distrust": lambda life, number: self._step_distrust(life, number, by_owner=True),
            "distrust by votes": lambda life, number: self._step_distrust(life, number, by_owner=False),
            "retire": self._step_retire,
            "decertify": self._step_decertify,
            "wait": lambda *_: None,
        }
        return steps[what](life, number)

    @property
    def _next(self) -> int:
        """Time of the next transaction."""
        return int(self.chain.now()) + 1

    def _try(self, error: str | None, sender: LocalAccount, function: str, *arguments: object) -> str | None:
        """Call the registry; it must be refused with the error, or work."""
        if error is None:
            self.community.send(sender, "DeviceRegistry", function, *arguments)
            return None
        with refused(error):
            self.community.send(sender, "DeviceRegistry", function, *arguments)
        return error

    def _content(self, life: Life) -> bytes:
        content: bytes = self.community.read("DeviceRegistry", "contentOf", life.device)
        return content

    def _step_certify(self, life: Life, _: int) -> str | None:
        first, second, _ = self.community.auditors
        content = self._content(life)
        error = life.certify_error(self._next)
        if self._try(error, first, "certify", life.device, content):
            return error
        holds("DEV-2", not self._is_certified(life), f"device {life.device} is certified by one vote")
        time = self._next
        self._try(None, second, "certify", life.device, content)
        life.certified(time)
        return None

    def _is_certified(self, life: Life) -> bool:
        return bool(self.community.read("DeviceRegistry", "device", life.device)[5])

    def _step_decertify(self, life: Life, _: int) -> str | None:
        first, second, _ = self.community.auditors
        error = "Device_Retired" if life.is_over else None if life.state == CERTIFIED else "Device_NotCertified"
        content = self._content(life)
        if self._try(error, first, "decertify", life.device, content, REASON):
            return error
        life.stopped_at = self._next
        self._try(None, second, "decertify", life.device, content, REASON)
        life.state = DECERTIFIED
        return None

    def _step_retire(self, life: Life, _: int) -> str | None:
        owner, error = life.now.owner, "Device_Retired" if life.is_over else None
        if not error:
            stranger = next(trader for trader in self.traders if trader is not owner)
            self._try("Device_NotOwner", stranger.account, "retire", life.device)
            life.stopped_at, life.state = self._next, RETIRED
        return self._try(error, owner.account, "retire", life.device)

    def _step_rotate(self, life: Life, number: int) -> str | None:
        """The new key must sign for this device, owner and key, and be nobody's."""
        owner, old = life.now.owner, life.now.key
        new = key(f"key {len(life.tenures)} of a life, {number}")
        domain = self.community.domain("DeviceRegistry")
        message = {"device": life.device, "owner": owner.address, "replaced": old.address}
        signature = sign(new, domain, "Rotation", message)

        def attempt(error: str | None, sender: LocalAccount, named: LocalAccount, signed: bytes) -> str | None:
            return self._try(error, sender, "rotate", life.device, named.address, signed)

        error = life.change_error(self._next)
        if error == "Device_Retired":
            return attempt(error, owner.account, new, signature)
        stranger = next(trader for trader in self.traders if trader is not owner)
        attempt("Device_NotOwner", stranger.account, new, signature)
        attempt("Device_BadSignature", owner.account, new, sign(old, domain, "Rotation", message))
        others = {**message, "replaced": new.address}, {**message, "device": life.device + 1}
        for other in others:
            attempt("Device_BadSignature", owner.account, new, sign(new, domain, "Rotation", other))
        for used in (tenure.key for tenure in life.tenures):
            attempt("Device_KeyTaken", owner.account, used, sign(used, domain, "Rotation", message))
        time = self._next
        error = life.change_error(time)
        if attempt(error, owner.account, new, signature) is None:
            life.change(time, owner, new)
        return error

    def _step_hand_over(self, life: Life, number: int) -> str | None:
        """To a participant who accepts the device as it was seen."""
        owner = life.now.owner
        others = [trader for trader in self.traders if trader is not owner]
        to, stranger = others[number % (TRADERS - 1)], others[(number + 1) % (TRADERS - 1)]
        if life.is_over:
            return self._try("Device_Retired", owner.account, "offer", life.device, to.address)
        self._try("Device_NotOwner", to.account, "offer", life.device, to.address)
        self._try(None, owner.account, "offer", life.device, to.address)
        content = self._content(life)
        self._try("Device_NotOffered", stranger.account, "accept", life.device, content)
        time = self._next
        if not self.ghost.may_trade(to, time):
            return self._try("Device_OwnerNotActive", to.account, "accept", life.device, content)
        other = self.community.read("DeviceRegistry", "contentOf", to.device)
        self._try("Device_OtherContent", to.account, "accept", life.device, other)
        time = self._next
        error = life.change_error(time)
        if self._try(error, to.account, "accept", life.device, content) is None:
            life.change(time, to, life.now.key)
            self._try("Device_NotOwner", owner.account, "retire", life.device)
        return error

    def _step_describe(self, life: Life, number: int) -> str | None:
        time, owner = self._next, life.now.owner
        error = "Device_Retired" if life.is_over else None
        record = bytes(32), bytes(32), f"meter {number}", bytes(24), 9_900, 0, 0, 10_101, 1
        if self._try(error, owner.account, "describe", life.device, record) is None and life.state == CERTIFIED:
            life.change(time, owner, life.now.key)
        return error

    def _step_distrust(self, life: Life, number: int, *, by_owner: bool) -> str | None:
        """A key of the device, mostly its present one, is not trusted from a time on that is not long ago."""
        named = life.now.key if number % 4 else life.tenures[number // 4 % len(life.tenures)].key
        owner = life.now.owner
        since = self._next - (number % 7 - 1) * SLOT_LENGTH_S // 2
        error = life.distrust_error(self._next, named, since, by_owner=by_owner)
        if by_owner:
            if error in (None, "Device_NotOwnerThen"):
                stranger = next(trader for trader in self.traders if trader is not owner)
                self._try("Device_NotOwner", stranger.account, "distrust", named.address, since)
            error = life.distrust_error(self._next, named, since, by_owner=True)
            if self._try(error, owner.account, "distrust", named.address, since):
                return error
        else:
            first, second, _ = self.community.auditors
            try:
                self.community.send(first, "DeviceRegistry", "voteDistrust", named.address, since)
            except ContractError as refusal:
                if refusal.name != (error or "Device_AlreadyVoted"):
                    raise
                if error:
                    return error
            else:
                assert error is None, f"a vote is taken, not refused with {error}"
            stated = self.community.read("DeviceRegistry", "distrustedAt", named.address)
            holds(
                "DEV-3", stated == life.distrusted.get(named.address, 0), f"one vote says {stated} of {named.address}"
            )
            self._try(None, second, "voteDistrust", named.address, since)
        life.distrust(named, since)
        return None

    def _compare(self, life: Life) -> None:
        """The registry says what the ghost does."""
        found = self.community.read("DeviceRegistry", "device", life.device)
        owner, certified, retired, decertified, meter = found[0], found[5], found[6], found[7], found[8]
        said = owner, meter, certified and not life.is_over, retired, decertified
        expected = (
            life.now.owner.address,
            life.now.key.address,
            life.state == CERTIFIED,
            life.state == RETIRED,
            life.state == DECERTIFIED,
        )
        holds("DEV-2", said == expected, f"device {life.device} is {said}, expected {expected} in {life.state}")
        for tenure in life.tenures:
            since = life.distrusted.get(tenure.key.address, 0)
            stated = self.community.read("DeviceRegistry", "distrustedAt", tenure.key.address)
            holds("DEV-3", stated == since, f"{tenure.key.address} is distrusted from {stated}, not {since}")

    def _pass_time(self, life: Life, number: int) -> None:
        """Some hours, seldom more than a week; then what the device measured is reported, as far as it is taken."""
        hour = self.chain.now() // SLOT_LENGTH_S * SLOT_LENGTH_S
        hours = 170 if number % 11 == 10 else number % 4
        if hours:
            self.chain.warp(max(hour + hours * SLOT_LENGTH_S, self.chain.now() + 1))
        if number % 5 == 4:
            return  # it is reported later
        over = self.chain.now() // SLOT_LENGTH_S * SLOT_LENGTH_S - SLOT_LENGTH_S
        last = max(life.taken, default=over - 2 * SLOT_LENGTH_S)
        starts = range(last + SLOT_LENGTH_S, over + 1, SLOT_LENGTH_S)
        for start in sorted({*starts[:MOST_INTERVALS], *starts[-MOST_INTERVALS:]}):
            self._report_each(life, start)

    def _report_each(self, life: Life, start: int) -> None:
        """The reading of an interval, as each key of the device signs it and as its owner does."""
        right = life.at(start)[0].key
        keys = {tenure.key.address: tenure.key for tenure in life.tenures}
        for signer in (*(each for each in keys.values() if each != right), life.now.owner.account, right):
            error = life.reading_error(self._next, start, signer)
            reading = Reading.measured(
                life.device,
                start,
                SLOT_LENGTH_S,
                exported_wh=EXPORTED_WH,
                imported_wh=0,
                export_counter_wh=life.counter_wh + EXPORTED_WH,
                import_counter_wh=0,
                previous_start_at=max(life.taken, default=0),
            )
            signature = sign(signer, self.community.domain("Metering"), "Reading", reading.message())
            sent = self.community.agent, "Metering", "report", packed([reading]), [signature]
            if error:
                with refused(error):
                    self.community.send(*sent)
                RUNS[f"live: {error}"] += 1
                continue
            batch = self.community.events(self.community.send(*sent), "ReadingsReported")[0]["batch"]
            life.taken[start] = [(reading.pack(), reading_proof(batch, [reading], 0))]
            life.counter_wh += EXPORTED_WH
            RUNS["live: report"] += 1

    def _issue_all(self, life: Life) -> None:
        """Each slot to its owner of then, if it was certified when the slot began."""
        for start, proven in life.taken.items():
            owner: Trader = life.at(start)[0].owner
            error = life.issue_error(start)
            if not error and self.ghost.stops.is_suspended(owner.address, start):
                error = "Delivery_OwnerSuspended"
            sent = owner.account, "Deliveries", "issue", hour_from(start).pack(), proven
            if error:
                with refused(error):
                    self.community.send(*sent)
                RUNS[f"live: issue refused: {error}"] += 1
                continue
            self.community.send(*sent)
            held = self.community.read("GreenCertificates", "balanceOf", owner.address, lot_id(life.device, start))
            holds("GRN-3", held == EXPORTED_WH, f"{owner.address} holds {held} Wh of {start}")
            RUNS["live: issue"] += 1


def _copy(life: Life) -> Life:
    """A life that can be lived on without the other."""
    tenures = [Tenure(t.begins, t.owner, t.key, t.certified_at, t.key_certified_at) for t in life.tenures]
    return Life(
        life.device,
        tenures,
        life.state,
        life.stopped_at,
        life.owned_from,
        dict(life.distrusted),
        dict(life.taken),
        life.counter_wh,
    )
