import pytest

from testkit.reverts import reverts_with


@pytest.fixture
def reported(report, reading, slot):
    """Three readings of one batch, each with its proof."""
    readings = [reading(), reading(device=2), reading(start_at=slot(6), export_counter_wh=11_400)]
    readings[2] = readings[2]._replace(import_counter_wh=5_040)
    return list(zip(readings, report(*readings), strict=True))


def test_reverts_for_another_reading(metering, reported):
    (first, _), (_, proof), _ = reported
    with reverts_with("Metering_UnknownReading", 0, 1):
        metering.verify(first.pack(), proof)


def test_reverts_for_another_index(metering, reported):
    reading, (batch, _, siblings) = reported[0]
    with reverts_with("Metering_UnknownReading", batch, 1):
        metering.verify(reading.pack(), (batch, 1, siblings))


def test_reverts_for_an_unknown_batch(metering, reported):
    reading, (_, index, siblings) = reported[0]
    with reverts_with("Metering_UnknownReading", 1, index):
        metering.verify(reading.pack(), (1, index, siblings))


def test_reverts_for_a_changed_energy(metering, reported):
    reading, proof = reported[2]
    with reverts_with("Metering_UnknownReading", 0, 2):
        metering.verify(reading._replace(exported_wh=701).pack(), proof)


def test_reverts_for_a_shortened_proof(metering, reported):
    reading, (batch, index, siblings) = reported[0]
    with reverts_with("Metering_UnknownReading", batch, index):
        metering.verify(reading.pack(), (batch, index, siblings[:-1]))


def test_passes_for_every_reading_of_the_batch(metering, reported):
    for reading, proof in reported:
        metering.verify(reading.pack(), proof)
