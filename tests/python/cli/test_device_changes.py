"""Another key, another owner, another record, and a key that is not trusted."""

from testkit.shell import Shell

HOUR_S = 3_600


def add(shell: Shell, key: str) -> int:
    shell.json("account", "new", key)
    device = shell.json("device", "add", "-a", "bob", "--key", key, "--capacity-wh", 20_000)["device"]
    certify(shell, device)
    return device


def certify(shell: Shell, device: int) -> None:
    for auditor in ("ann", "ben"):
        shell.ok("device", "certify", device, "-a", auditor)


def row(shell: Shell, device: int):
    return next(entry for entry in shell.json("device", "list") if entry["device"] == device)


def report(shell: Shell, key: str, start: int) -> tuple[object, ...]:
    """What reports 700 Wh of an hour, once it is over."""
    shell.warp(max(start + HOUR_S, shell.now()))
    return "meter", "report", "-a", "bob", "--key", key, "--slot", start, "--exported-wh", 700


def test_a_key_is_rotated(shell, admitted):
    device = add(shell, "first-key")
    shell.json("account", "new", "second-key")
    rotated = shell.json("device", "rotate", device, "-a", "bob", "--key", "second-key")
    start = rotated["from"]
    assert (start % HOUR_S, row(shell, device)["state"]) == (0, "not certified")
    refused = shell.refused("device", "rotate", device, "-a", "bob", "--key", "first-key")
    assert "Device_KeyTaken" in refused.stderr
    assert "Metering_KeyNotCertified" in shell.refused(*report(shell, "second-key", start)).stderr
    certify(shell, device)
    shell.ok(*report(shell, "second-key", start))
    assert "Metering_BadSignature" in shell.refused(*report(shell, "first-key", start + HOUR_S)).stderr


def test_a_stolen_key_is_distrusted(shell, admitted):
    device = add(shell, "stolen-key")
    start = shell.now() // HOUR_S * HOUR_S + HOUR_S
    shell.warp(start + 10)
    voted = ("device", "distrust", device, "--since", start)
    assert not shell.json(*voted, "-a", "ann")["distrusted"]
    assert "Device_AlreadyVoted" in shell.refused(*voted, "-a", "ann").stderr
    assert shell.json(*voted, "-a", "bob")["distrusted"]
    assert row(shell, device)["state"] == "key not trusted"
    assert "Device_NotEarlier" in shell.refused(*voted, "-a", "bob").stderr
    assert "Metering_KeyDistrusted" in shell.refused(*report(shell, "stolen-key", start)).stderr
    refused = shell.refused("device", "certify", device, "-a", "ann").stderr
    assert "Device_KeyDistrusted" in refused
    assert "powerpact device rotate" in refused


def test_a_device_changes_hands(shell, admitted):
    device = add(shell, "sold-key")
    shell.ok("device", "offer", device, "-a", "bob", "--to", "alice")
    assert "Device_NotOffered" in shell.refused("device", "accept", device, "-a", "bob").stderr
    shell.ok("device", "offer", device, "-a", "bob", "--to", "nobody")
    assert "Device_NotOffered" in shell.refused("device", "accept", device, "-a", "alice").stderr
    shell.ok("device", "offer", device, "-a", "bob", "--to", "alice")
    accepted = shell.json("device", "accept", device, "-a", "alice")
    found = row(shell, device)
    assert (found["owner"], found["state"]) == (accepted["owner"], "not certified")
    assert "Device_ChangePending" in shell.refused("device", "certify", device, "-a", "ann").stderr
    shell.warp(accepted["from"])
    certify(shell, device)
    assert row(shell, device)["state"] == "certified"


def test_a_device_is_described(shell, admitted):
    device = add(shell, "described-key")
    before = row(shell, device)["content"]
    described = shell.json(
        *("device", "describe", device, "-a", "bob", "--power-w", 9_900, "--grid-id", "AT001", "--technology", 10_101),
        *("--support", 1, "--operational-from", "2024-05-01T00:00Z", "--location", "a place and a salt"),
    )
    assert len(described["hash"]) == 66
    found = row(shell, device)
    assert (found["content"] != before, found["state"]) == (True, "not certified")
    assert "Device_OtherContent" in shell.refused("device", "certify", device, "-a", "ann", "--content", before).stderr
    shell.warp(shell.now() // HOUR_S * HOUR_S + HOUR_S)
    certify(shell, device)
