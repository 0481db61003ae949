"""Readings in the journal: each version once, and those of an older journal taken over."""

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from powerpact.chain.contracts.meters import SignedReading
from powerpact.market.readings import Reading
from powerpact.store import Journal, Readings
from powerpact.store.database import Database
from powerpact.store.journal import FILE

GENESIS = b"\x01" * 32


def signed(device, start, version=1, exported_wh=5):
    reading = Reading.measured(
        device, start, 900, exported_wh=exported_wh, imported_wh=0, export_counter_wh=start, import_counter_wh=0
    )
    return SignedReading(reading._replace(version=version), bytes([version % 256]) * 65)


def migrate(connection, revision, *, down=False):
    """Bring a journal's tables to a revision, as `Journal` brings them to the newest."""
    config = Config()
    config.set_main_option("script_location", "powerpact.store:migrations")
    scripts = ScriptDirectory.from_config(config)
    steps = scripts._downgrade_revs if down else scripts._upgrade_revs
    with EnvironmentContext(config, scripts, fn=lambda current, _: steps(revision, current)) as environment:
        environment.configure(connection=connection, render_as_batch=True)
        environment.run_migrations()


def words(reading):
    return b"".join(word.to_bytes(32, "big") for word in reading.pack())


@pytest.fixture
def old(tmp_path):
    """A journal of the version before, with readings in each state."""
    given = [
        (signed(1, 900), "final", b"\x02" * 32),
        (signed(2, 900, 3), "reported", b"\x02" * 32),
        (signed(1, 1_800, 65_535), "stored", None),
        (signed(2, 1_800), "stored", None),
    ]
    database = Database(tmp_path / FILE, survives_power_loss=True)
    with database.writing() as connection:
        migrate(connection, "0003")
        for one, state, hash_ in given:
            row = (GENESIS, one.reading.device, one.reading.start_at, words(one.reading), one.signature, state, hash_)
            connection.exec_driver_sql("INSERT INTO readings VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, 7))
    database.close()
    return tmp_path


def test_a_journal_of_before_is_taken_over(old):
    readings = Readings(Journal(old, GENESIS))
    assert readings.counts() == {"final": 1, "reported": 1, "stored": 2}
    assert readings.transactions() == [f"0x{'02' * 32}"]
    waiting = list(readings.waiting())
    assert [one.signed for one in waiting] == [signed(1, 1_800, 65_535), signed(2, 1_800)]
    assert [one.key for one in waiting] == [(1, 1_800, 65_535), (2, 1_800, 1)]
    assert {one.received_at for one in waiting} == {7}
    kept = readings.keep([(signed(2, 900, 3), ""), (signed(2, 900, 4), "")])
    assert (kept.new, kept.known) == (1, 1)


def test_a_version_before_finds_the_lowest_versions(old):
    journal = Journal(old, GENESIS)
    Readings(journal).keep([(signed(2, 1_800, 2), "")])
    with journal.writing() as connection:
        migrate(connection, "0003", down=True)
        found = connection.execute(sa.text("SELECT device, start_at, words FROM readings ORDER BY start_at, device"))
        starts = {(device, start): Reading.unpack(_words(words_)).version for device, start, words_ in found}
    assert starts == {(1, 900): 1, (2, 900): 3, (1, 1_800): 65_535, (2, 1_800): 1}


def _words(kept):
    return [int.from_bytes(kept[:32], "big"), int.from_bytes(kept[32:], "big")]


def test_each_version_is_kept_once_and_another_reading_of_it_is_refused(tmp_path):
    readings = Readings(Journal(tmp_path, GENESIS))
    first, second = signed(7, 900), signed(7, 900, 2)
    assert readings.keep([(second, "t"), (first, "t"), (second, "t")]).new == 2
    kept = readings.keep([(first, "t"), (signed(7, 900, 2, exported_wh=6), "t")])
    assert (kept.new, kept.known, kept.refused) == (0, 1, 1)
    assert [one.signed for one in readings.waiting()] == [first, second]
    readings.note_reported([(7, 900, 1)], f"0x{'03' * 32}")
    assert [one.signed for one in readings.waiting()] == [second]


def test_what_waits_is_read_in_its_order_over_many_pieces(tmp_path):
    readings = Readings(Journal(tmp_path, GENESIS))
    starts = range(900, 900 * 800, 900)
    given = [signed(device, start, version) for device in (3, 1) for start in starts for version in (2, 1)]
    readings.keep([(one, "") for one in given])
    order = [one.key for one in readings.waiting()]
    assert order == sorted(order, key=lambda key: (key[1], key[0], key[2]))
    assert len(order) == len(given)
