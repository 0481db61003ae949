"""Devices from the first vote to the last: what auditors vote for, storages, stopped meters, and their exchange."""

import json

import pytest

from powerpact.chain.contracts import devices, meters
from powerpact.chain.remedies import ADVICE
from powerpact.cli.session import open_chain
from powerpact.devices import Meter
from powerpact.keystore import Keystore
from testkit.shell import PASSWORD, Shell, sell_words

HOUR_S = 3_600


def next_hour(shell: Shell) -> int:
    """The start of the next slot, a second after it: commands can be done within the second."""
    start = (shell.now() // HOUR_S + 1) * HOUR_S
    shell.warp(start + 1)
    return start


def report(shell: Shell, key: str, start: int, exported_wh: int, imported_wh: int = 0):
    shell.warp(max(start + HOUR_S, shell.now()))
    words = ("--slot", start, "--exported-wh", exported_wh, "--imported-wh", imported_wh)
    return shell.json("meter", "report", "-a", "bob", "--key", key, *words)


def add(shell: Shell, key: str, *more: object) -> int:
    if key not in Keystore.default().names():
        shell.json("account", "new", key)
    return shell.json("device", "add", "-a", "bob", "--key", key, "--capacity-wh", 20_000, *more)["device"]


def certify(shell: Shell, device: int) -> None:
    for auditor in ("ann", "ben"):
        shell.ok("device", "certify", device, "-a", auditor)


def row(shell: Shell, device: int):
    return next(entry for entry in shell.json("device", "list") if entry["device"] == device)


def certificates_of(shell: Shell, device: int) -> int:
    """Certificates of a device that Bob holds, Wh."""
    return sum(entry["energy_wh"] for entry in shell.json("certificates", "list", "bob") if entry["device"] == device)


def test_auditors_vote_for_what_they_saw(shell, admitted):
    shed, barn = add(shell, "shed-meter"), add(shell, "barn-meter")
    seen = row(shell, shed)["content"]
    refused = shell.refused("device", "certify", barn, "-a", "ann", "--content", seen)
    assert "Device_OtherContent" in refused.stderr
    assert ADVICE["Device_OtherContent"].remedy in refused.stderr
    voted = shell.ok("device", "certify", shed, "-a", "ann", "--content", seen)
    assert f"device {shed}: meter of" in voted.stderr
    assert shell.json("device", "certify", shed, "-a", "ben")["content"] == seen
    assert (row(shell, shed)["state"], row(shell, barn)["state"]) == ("certified", "not certified")


@pytest.mark.parametrize("content", ["0x12", "no hash"])
def test_a_content_that_is_none_is_told(shell, admitted, content):
    assert "32 bytes" in shell.refused("device", "certify", admitted, "-a", "ann", "--content", content).stderr


def test_energy_from_the_grid_is_not_certified(shell, admitted):
    """A storage takes 5 000 Wh from the grid and gives 4 500 Wh back: there are no certificates."""
    device = add(shell, "storage-meter", "--source", "storage")
    certify(shell, device)
    start = next_hour(shell)
    report(shell, "storage-meter", start, 4_500, 5_000)
    refused = shell.refused("certificates", "issue", device, "--slot", start, "-a", "bob")
    assert "Delivery_Storage" in refused.stderr
    assert certificates_of(shell, device) == 0


def test_auditors_stop_a_meter(shell, admitted):
    device = add(shell, "rigged-meter")
    certify(shell, device)
    start = next_hour(shell)
    reason = ("--reason", "the seal is broken")
    assert "more votes" in shell.ok("device", "decertify", device, "-a", "ann", *reason).stderr
    assert not shell.json("device", "decertify", device, "-a", "ben", "--reason", "the key is stolen")["decertified"]
    assert shell.json("device", "decertify", device, "-a", "ben", *reason)["decertified"]
    assert row(shell, device)["state"] == "decertified"
    report(shell, "rigged-meter", start, 700)
    later = next_hour(shell)
    report(shell, "rigged-meter", later, 700)
    shell.ok("certificates", "issue", device, "--slot", start, "-a", "bob")
    assert "Delivery_Stopped" in shell.refused("certificates", "issue", device, "--slot", later, "-a", "bob").stderr
    assert certificates_of(shell, device) == 700
    assert "Device_Retired" in shell.refused("device", "certify", device, "-a", "ann").stderr


def test_a_meter_is_exchanged(shell, admitted):
    """A dongle with the counters of an old meter: gaps are taken; another meter with the same key is not."""
    old = add(shell, "old-meter")
    certify(shell, old)
    start = next_hour(shell)
    shell.warp(start + 6 * HOUR_S)
    chain = open_chain(shell.folder / "deployment.json")
    keystore = Keystore.default()
    key = keystore.unlock("old-meter", PASSWORD)

    def send(meter: Meter, number: int, exported_wh: int):
        from powerpact.chain.contracts import meters

        signed = meter.measure(start + number * HOUR_S, exported_wh, 0)
        return chain.sender(keystore.unlock("bob", PASSWORD)).send(meters.report(chain, [signed]))

    meter = Meter(chain, key, old, export_counter_wh=17_077_963, import_counter_wh=9_004_000)
    send(meter, 0, 1_150)
    meter.export_counter_wh += 3_100
    send(meter, 2, 800)
    refused = [
        ("Metering_CounterFell", Meter(chain, key, old, last_start=meters.last_starts(chain, [old])[old]), 4),
        ("Metering_SlotNotAfterLast", Meter.resumed(chain, key, old), 1),
    ]
    for name, other, number in refused:
        with pytest.raises(Exception, match=name) as refusal:
            send(other, number, 340)
        assert "powerpact device exchange" in refusal.value.remedy
        assert "docs/meter-exchange.md" in refusal.value.remedy

    shell.json("account", "new", "new-meter")
    done = shell.json("device", "exchange", old, "-a", "bob", "--key", "new-meter", "--capacity-wh", 30_000)
    new = done["device"]
    assert (row(shell, old)["state"], row(shell, new)["state"]) == ("retired", "not certified")
    assert row(shell, new)["capacity_wh"] == 30_000
    assert row(shell, new)["source"] == row(shell, old)["source"]
    certify(shell, new)
    later = next_hour(shell)
    report(shell, "new-meter", later, 340)
    shell.ok("certificates", "issue", new, "--slot", later, "-a", "bob")
    assert certificates_of(shell, new) == 340
    assert "is retired already" in shell.refused("device", "exchange", old, "-a", "bob", "--key", "new-meter").stderr


def test_a_secure_element_signs_for_a_device_and_for_nobody_else(shell, admitted):
    for name in ("element", "second-element"):
        shell.json("account", "new", name, "--p256")
    device = add(shell, "element")
    certify(shell, device)
    start = next_hour(shell)
    report(shell, "element", start, 700)
    shell.ok("certificates", "issue", device, "--slot", start, "-a", "bob")
    assert certificates_of(shell, device) == 700
    signed = json.loads(shell.ok("meter", "simulate", "--key", "element", "--slot", start + HOUR_S).stdout)
    assert (signed["device"], len(signed["signature"])) == (device, 2 + 2 * 128)
    shell.ok("device", "rotate", device, "-a", "bob", "--key", "second-element")
    for words in (("deposit", 1, "-a", "element"), ("points", "mint", "element", 1, "-a", "utility", "--reference", 2)):
        refused = shell.refused(*words)
        assert "is a P-256 key, with which a device signs" in refused.stderr
        assert "powerpact account new" in refused.stderr
    shell.ok("device", "distrust", device, "-a", "bob", "--key", "element", "--since", start)
    assert "element" not in {entry["account"] for entry in shell.json("balance")}


def test_an_exchange_that_was_interrupted_goes_on(shell, admitted):
    old = add(shell, "first-meter")
    new = add(shell, "second-meter")  # added, and then interrupted before the old one was retired
    done = shell.json("device", "exchange", old, "-a", "bob", "--key", "second-meter")
    assert (done["device"], done["retired"]) == (new, old)
    assert [row(shell, device)["state"] for device in (old, new)] == ["retired", "not certified"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-a", "alice", "--key", "spare-meter"), "is not a device of"),
        (("-a", "bob", "--key", "bob-meter"), "is the key of device"),
    ],
)
def test_an_exchange_that_cannot_be_is_told(shell, admitted, words, told):
    if "spare-meter" not in Keystore.default().names():
        shell.json("account", "new", "spare-meter")
    assert told in shell.refused("device", "exchange", admitted, *words).stderr
    assert devices.device(open_chain(shell.folder / "deployment.json"), admitted).stopped_at == 0


def test_a_device_that_sells_is_not_exchanged(shell, admitted):
    market = shell.open_market()["market"]
    shell.ok(*sell_words(market, admitted))
    if "third-meter" not in Keystore.default().names():
        shell.json("account", "new", "third-meter")
    words = ("device", "exchange", admitted, "-a", "bob", "--key", "third-meter")
    refused = shell.refused(*words)
    assert "orders or trades in slots that are not over" in refused.stderr
    assert "--anyway" in refused.stderr
    assert row(shell, admitted)["state"] == "certified"
    shell.ok(*words, "--anyway")
    assert row(shell, admitted)["state"] == "retired"
