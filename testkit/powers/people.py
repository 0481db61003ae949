"""The first moments of the day: points, people and devices, before there is a market."""

from __future__ import annotations

from collections.abc import Iterator

from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.codec.eip712 import sign
from powerpact.market.schema import DeviceKind
from testkit.market import SLOT_LENGTH_S, key
from testkit.powers.admissions import admissions
from testkit.powers.cast import CREDENTIAL, DAY_S, Stage
from testkit.powers.scenes import Scene, same

REFERENCE = keccak(text="a deposit that counts once")
REASON = "a reason"
FOREVER = 2**256 - 1


def people(stage: Stage) -> Iterator[list[Scene]]:
    """Before there is a market."""
    community = stage.community
    community.send(stage.newcomer, "ParticipantRegistry", "applyFor", REFERENCE)
    stage.suspend(stage.eve)
    community.send(stage.frank.account, "ParticipantRegistry", "requestExit")
    yield from admissions(stage)
    community.chain.warp(community.chain.now() + 30 * DAY_S)
    stage.uncertified = community.bind(stage.grace.account, key("a second meter"), certified=False)
    stage.router = community.bind(stage.grace.account, key("a router"), kind=DeviceKind.ROUTER)
    stage.exchange = community.bind(stage.grace.account, key("an exchange"), kind=DeviceKind.EXCHANGE)
    community.send(stage.alice.account, "PowerPoints", "approve", stage.approved.address, 1_000)
    yield [*_points(stage), *_custody(stage), *_admissions(stage), *_devices(stage)]
    stage.suspend(stage.eve)
    yield [*_leaving(stage), *_binding(stage)]
    community.chain.warp(community.chain.now() + 30 * DAY_S)


def _points(stage: Stage) -> list[Scene]:
    utility, newcomer, alice = stage.community.utility, stage.newcomer.address, stage.alice
    community = stage.community
    community.send(utility, "PowerPoints", "mint", newcomer, 1, REFERENCE)
    permit = permit_of(stage, alice.account, alice.account)
    return [
        Scene("PowerPoints", "approve", same(stage.approved.address, 7)),
        Scene("PowerPoints", "burn", same(7)),
        Scene(
            "PowerPoints",
            "mint",
            same(newcomer, 7, keccak(text="another deposit")),
            touches=(newcomer,),
            forged=same(newcomer, 7, REFERENCE),
        ),
        Scene(
            "PowerPoints",
            "permit",
            same(*permit),
            touches=(alice.address,),
            forged=lambda who: permit_of(stage, alice.account, who if who != alice.account else stage.newcomer),
        ),
        Scene("PowerPoints", "redeem", same(7, REFERENCE)),
        Scene("PowerPoints", "transfer", same(newcomer, 7), touches=(newcomer,)),
        Scene(
            "PowerPoints",
            "transferFrom",
            same(alice.address, newcomer, 7),
            sender=stage.approved,
            touches=(alice.address, newcomer),
        ),
    ]


def permit_of(stage: Stage, holder: LocalAccount, signer: LocalAccount, upoints: int = 7) -> tuple[object, ...]:
    """A permit of a holder for the custody, as somebody signs it."""
    custody = stage.community.addresses["Accounts"]
    message = {
        "owner": holder.address,
        "spender": custody,
        "value": upoints,
        "nonce": stage.community.read("PowerPoints", "nonces", holder.address),
        "deadline": FOREVER,
    }
    r, s, v = _parts(sign(signer, stage.community.domain("PowerPoints"), "Permit", message))
    return holder.address, custody, upoints, FOREVER, v, r, s


def _parts(signature: bytes) -> tuple[bytes, bytes, int]:
    return signature[:32], signature[32:64], signature[64]


def _custody(stage: Stage) -> list[Scene]:
    return [
        Scene("Accounts", "deposit", same(7)),
        Scene("Accounts", "depositWithPermit", lambda who: permit_of(stage, who, who)[2:]),
        Scene("Accounts", "withdraw", lambda who: (7, who.address)),
    ]


def _admissions(stage: Stage) -> list[Scene]:
    newcomer, bob, until = stage.newcomer.address, stage.bob.address, stage.community.chain.now() + DAY_S
    registry = "ParticipantRegistry"
    return [
        Scene("Credentials", "revoke", same(CREDENTIAL)),
        Scene("Credentials", "revokeAll", same([CREDENTIAL])),
        Scene(registry, "reject", same(newcomer, 1, 1), touches=(newcomer,)),
        Scene(registry, "suspend", same(bob, until, REASON), touches=(bob,)),
        Scene(registry, "exit", same(), sender=stage.frank.account),
    ]


def _leaving(stage: Stage) -> list[Scene]:
    """With a participant who is suspended."""
    registry = "ParticipantRegistry"
    return [
        Scene(registry, "applyFor", same(REFERENCE)),
        Scene(registry, "requestExit", same()),
    ]


def _devices(stage: Stage) -> list[Scene]:
    community = stage.community
    contents = {
        device: community.read("DeviceRegistry", "contentOf", device)
        for device in (stage.uncertified, stage.bob.device)
    }
    new, bobs = stage.uncertified, stage.bob.device
    return [
        Scene(
            "DeviceRegistry",
            "certify",
            same(new, contents[new]),
            touches=(stage.grace.address,),
            forged=same(new, contents[bobs]),
        ),
        Scene(
            "DeviceRegistry",
            "decertify",
            same(bobs, contents[bobs], REASON),
            touches=(stage.bob.address,),
            forged=same(bobs, contents[new], REASON),
        ),
        Scene("DeviceRegistry", "retire", same(bobs), sender=stage.bob.account),
        Scene("Subnets", "form", same(1, 0, (0, stage.exchange, 1, 1)), forged=same(1, 0, (0, bobs, 1, 1))),
        *_changes(stage),
    ]


def _changes(stage: Stage) -> list[Scene]:
    """Of Bob's device, which he offers to Grace."""
    community, bob, contract = stage.community, stage.bob, "DeviceRegistry"
    meter, now = key("another meter"), community.chain.now()
    community.send(bob.account, contract, "offer", bob.device, stage.grace.address)
    content, other = (community.read(contract, "contentOf", device) for device in (bob.device, stage.uncertified))
    message = {"device": bob.device, "owner": bob.address, "replaced": bob.meter.address}
    record = bytes(32), bytes(32), "a number", bytes(24), 9_900, 0, 0, 10_101, 1

    def signed_by(signer: LocalAccount) -> tuple[object, ...]:
        return bob.device, meter.address, sign(signer, community.domain(contract), "Rotation", message)

    def exchanged_by(signer: LocalAccount) -> tuple[object, ...]:
        counters = {"exportCounterWh": 7, "importCounterWh": 8}
        signature = sign(signer, community.domain(contract), "MeterExchange", message | counters)
        return bob.device, meter.address, *counters.values(), signature

    return [
        Scene(contract, "exchangeMeterOf", same(*exchanged_by(meter)), sender=bob.account, forged=exchanged_by),
        Scene(
            contract,
            "accept",
            same(bob.device, content),
            sender=stage.grace.account,
            touches=(bob.address,),
            forged=same(bob.device, other),
        ),
        Scene(contract, "describe", same(bob.device, record), sender=bob.account),
        Scene(contract, "distrust", same(bob.meter.address, now), sender=bob.account),
        Scene(contract, "offer", same(bob.device, stage.approved.address), sender=bob.account),
        Scene(contract, "rotate", same(*signed_by(meter)), sender=bob.account, forged=signed_by),
        Scene(contract, "voteDistrust", same(bob.meter.address, now), touches=(bob.address,)),
    ]


def _binding(stage: Stage) -> list[Scene]:
    domain, meter = stage.community.domain("DeviceRegistry"), key("a new meter")

    def described(who: LocalAccount, signer: LocalAccount) -> tuple[object, ...]:
        terms = {"owner": who.address, "kind": 0, "carrier": 0, "source": 1, "subnet": 1, "capacityWh": 5_000}
        return meter.address, 0, 0, 1, 1, 5_000, sign(signer, domain, "Device", terms)

    return [
        Scene("DeviceRegistry", "add", lambda who: described(who, meter), forged=lambda who: described(who, who)),
        Scene("Markets", "openMarket", same(*_rules(stage))),
    ]


def _rules(stage: Stage) -> tuple[object, ...]:
    """The rules of a market that is not open yet."""
    community = stage.community
    point = community.chain.snapshot()
    opened = community.open_market(slot_length_s=SLOT_LENGTH_S)
    community.chain.undo(point)
    stage.coming.append(opened.id)
    return opened.rules, [], []
