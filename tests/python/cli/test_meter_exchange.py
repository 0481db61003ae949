"""A meter whose counters begin again takes the place of another; the device stays."""

HOUR_S = 3_600


def report(shell, key, start, exported_wh, *, is_refused=False):
    words = ("meter", "report", "-a", "alice", "--key", key, "--slot", start, "--exported-wh", exported_wh)
    return shell.refused(*words).stderr if is_refused else shell.json(*words)["reading"]


def test_a_meter_is_exchanged_and_the_device_kept(shell, admitted):
    start = (shell.now() // HOUR_S + 1) * HOUR_S
    shell.warp(start + HOUR_S)
    assert report(shell, "bob-meter", start, 700)["exportCounterWh"] == 700

    shell.json("account", "new", "roof-2")
    words = ("--key", "roof-2", "--export-counter-wh", 20, "--import-counter-wh", 3)
    exchanged = shell.json("meter", "exchange", admitted, "-a", "bob", *words)
    begins = exchanged["from"]
    assert (exchanged["device"], exchanged["export_counter_wh"], exchanged["import_counter_wh"]) == (admitted, 20, 3)
    assert begins > shell.now()
    shell.warp(begins + HOUR_S)
    assert "Metering_KeyNotCertified" in report(shell, "roof-2", begins, 100, is_refused=True)
    for auditor in ("ann", "ben"):
        shell.ok("device", "certify", admitted, "-a", auditor)
    first = report(shell, "roof-2", begins, 100)
    assert (first["exportCounterWh"], first["importCounterWh"], first["previousStartAt"]) == (120, 3, start)

    shell.warp(begins + 2 * HOUR_S)
    assert "Metering_BadSignature" in report(shell, "bob-meter", begins + HOUR_S, 100, is_refused=True)
    assert report(shell, "roof-2", begins + HOUR_S, 100)["exportCounterWh"] == 220
