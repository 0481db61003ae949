"""A meter says again what it measured, by a command, inside the window of the deployment."""

HOUR_S = 3_600


def report(shell, command, slot, exported_wh):
    words = ("--key", "bob-meter", "--slot", slot, "--exported-wh", exported_wh)
    return shell.json("meter", command, "-a", "alice", *words)


def test_what_was_measured_is_said_again(shell, admitted):
    start = shell.now() // HOUR_S * HOUR_S + HOUR_S
    shell.warp(start + HOUR_S)
    shell.refused("meter", "correct", "-a", "alice", "--key", "bob-meter", "--slot", start, "--exported-wh", 1)
    assert report(shell, "report", start, 700)["reading"]["version"] == 1
    corrected = report(shell, "correct", start, 650)
    assert (corrected["device"], corrected["reading"]["version"]) == (admitted, 2)
    assert report(shell, "correct", start, 640)["reading"]["version"] == 3

    shell.ok("certificates", "issue", admitted, "--slot", start, "-a", "bob")
    (lot,) = [row for row in shell.json("certificates", "list", "bob") if row["slot_start"] == start]
    assert lot["energy_wh"] == 640

    words = ("--key", "bob-meter", "--slot", start, "--exported-wh", 630)
    assert "cannot send" in shell.refused("meter", "correct", *words).stderr
    signed = shell.json("meter", "correct", *words, "-o", "correction.jsonl")
    assert (signed["reading"]["version"], signed["transactions"]) == (4, [])
    assert (shell.folder / "correction.jsonl").read_text().count("\n") == 1
    assert "exists already" in shell.refused("meter", "correct", *words, "-o", "correction.jsonl").stderr

    shell.warp(start + 2 * HOUR_S)
    words = ("--key", "bob-meter", "--slot", start, "--exported-wh", 1)
    assert "Correction_TooLate" in shell.refused("meter", "correct", "-a", "alice", *words).stderr
    after = report(shell, "report", start + HOUR_S, 100)["reading"]
    assert after["previousStartAt"] == start
    assert after["exportCounterWh"] == corrected["reading"]["exportCounterWh"] - 650 + 640 + 100
