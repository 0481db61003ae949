"""The life of one device, as the ghost remembers it: what held when, and what each step must do."""

from __future__ import annotations

from dataclasses import dataclass, field

from eth_account.signers.local import LocalAccount

from testkit.market import SLOT_LENGTH_S, Trader

GRACE_S = 7 * 86_400
BOUND, CERTIFIED, DISTRUSTED = "not certified", "certified", "key distrusted"
RETIRED, DECERTIFIED = "retired", "decertified"

EDGES = (
    (BOUND, BOUND),
    (BOUND, CERTIFIED),
    (BOUND, DISTRUSTED),
    (BOUND, RETIRED),
    (CERTIFIED, BOUND),
    (CERTIFIED, DISTRUSTED),
    (CERTIFIED, RETIRED),
    (CERTIFIED, DECERTIFIED),
    (DISTRUSTED, BOUND),
    (DISTRUSTED, DISTRUSTED),
    (DISTRUSTED, RETIRED),
    (RETIRED, RETIRED),
    (DECERTIFIED, DECERTIFIED),
)
"""Where each step can lead; a statement about a former key leads nowhere."""


@dataclass(slots=True)
class Tenure:
    """What held from a time on, until the next."""

    begins: int
    owner: Trader
    key: LocalAccount
    certified_at: int | None = None
    key_certified_at: int | None = None


@dataclass(slots=True)
class Life:
    """A device from its binding on. All times in Unix seconds; those of transactions are the blocks'."""

    device: int
    tenures: list[Tenure]
    state: str = BOUND
    stopped_at: int | None = None
    owned_from: int = 0
    distrusted: dict[str, int] = field(default_factory=dict)
    taken: dict[int, list[object]] = field(default_factory=dict)
    """Readings that were taken, with their proofs, by the start of their interval."""
    counter_wh: int = 0

    @property
    def now(self) -> Tenure:
        """What holds, or will with the next slot."""
        return self.tenures[-1]

    @property
    def is_over(self) -> bool:
        return self.stopped_at is not None

    @property
    def has_changed(self) -> bool:
        return len(self.tenures) > 1 or bool(self.distrusted)

    def at(self, time: int) -> tuple[Tenure, int | None]:
        """What held at a time, and when that ended."""
        index = max(i for i, tenure in enumerate(self.tenures) if tenure.begins <= time)
        later = self.tenures[index + 1 :]
        return self.tenures[index], later[0].begins if later else None

    def change_error(self, time: int) -> str | None:
        """Why the device cannot be changed at a time."""
        if self.is_over:
            return "Device_Retired"
        return "Device_ChangePending" if self.now.begins > time else None

    def certify_error(self, time: int) -> str | None:
        """Why the device cannot be certified at a time."""
        errors = {CERTIFIED: "Device_AlreadyCertified", DISTRUSTED: "Device_KeyDistrusted"}
        return "Device_Retired" if self.is_over else errors.get(self.state) or self.change_error(time)

    def change(self, time: int, owner: Trader, key: LocalAccount) -> None:
        """Another owner or key, or another record of a certified device, from the next slot on."""
        begins = (time // SLOT_LENGTH_S + 1) * SLOT_LENGTH_S
        before = self.now
        if owner is not before.owner:
            self.owned_from = begins
        kept = before.key_certified_at if key == before.key else None
        self.tenures.append(Tenure(begins, owner, key, key_certified_at=kept))
        self.state = DISTRUSTED if key.address in self.distrusted else BOUND

    def certified(self, time: int) -> None:
        self.state, self.now.certified_at = CERTIFIED, time
        if self.now.key_certified_at is None:
            self.now.key_certified_at = time

    def distrust_error(self, time: int, key: LocalAccount, since: int, *, by_owner: bool) -> str | None:
        """Why a statement about a key is refused."""
        if by_owner and since < self.owned_from:
            return "Device_NotOwnerThen"
        if not 0 < since <= time:
            return "Device_BadTime"
        return "Device_NotEarlier" if since >= self.distrusted.get(key.address, since + 1) else None

    def distrust(self, key: LocalAccount, since: int) -> None:
        self.distrusted[key.address] = since
        if key == self.now.key and not self.is_over:
            self.state = DISTRUSTED

    def reading_error(self, time: int, start: int, signer: LocalAccount) -> str | None:
        """Why a reading of an interval is refused at a time, None if it is taken."""
        tenure, ended = self.at(start)
        if signer != tenure.key:
            return "Metering_BadSignature"
        if not self.has_changed:
            return None
        if tenure.key_certified_at is None:
            return "Metering_KeyNotCertified"
        since = self.distrusted.get(signer.address)
        if since is not None and start + SLOT_LENGTH_S > since:
            return "Metering_KeyDistrusted"
        return "Metering_GraceOver" if ended is not None and time > ended + GRACE_S else None

    def issue_error(self, start: int) -> str | None:
        """Why the export of a slot is not certified to the owner of then, but for suspensions."""
        tenure, _ = self.at(start)
        if tenure.certified_at is None or tenure.certified_at > start:
            return "Delivery_NotCertified"
        return "Delivery_Stopped" if self.is_over and self.stopped_at <= start else None
