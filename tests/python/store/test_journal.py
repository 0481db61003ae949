"""The journal: what was sent is known afterwards, whatever happened in between."""

import os
import signal
import subprocess
import sys

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from eth_account import Account
from sqlalchemy import text

from powerpact.chain.outbox import Outgoing, OutgoingState
from powerpact.store import BadDatabase, Journal
from powerpact.store.journal import TABLES

GENESIS = b"\x01" * 32
ALICE, BOB = Account.from_key(b"\x01" * 32).address, Account.from_key(b"\x02" * 32).address


def outgoing(nonce, sender=ALICE):
    return Outgoing("deposit", sender, nonce, b"raw" + bytes([nonce]) + sender.encode(), b"\x05" * 32)


@pytest.fixture(params=["file", "memory"])
def journal(request, tmp_path):
    return Journal(tmp_path if request.param == "file" else None, GENESIS)


def test_what_is_written_is_under_way_until_its_end_is_known(journal):
    first, second, other = outgoing(1), outgoing(2), outgoing(1, BOB)
    journal.write([second, first])
    journal.write([other])
    assert journal.under_way(ALICE) == [first, second]
    journal.mark(first.hash, OutgoingState.SENT)
    assert [one.state for one in journal.under_way(ALICE)] == [OutgoingState.SENT, OutgoingState.SIGNED]
    journal.mark(first.hash, OutgoingState.MINED, 7)
    journal.mark(second.hash, OutgoingState.LOST)
    assert journal.under_way(ALICE) == []
    assert journal.under_way(BOB) == [other]
    assert journal.counts() == {"mined": 1, "lost": 1, "signed": 1}


def test_another_program_finds_it(tmp_path):
    Journal(tmp_path, GENESIS).write([outgoing(1)])
    assert Journal(tmp_path, GENESIS).under_way(ALICE) == [outgoing(1)]


def test_a_chain_that_began_anew_has_nothing_under_way(tmp_path):
    Journal(tmp_path, GENESIS).write([outgoing(1)])
    assert Journal(tmp_path, b"\x02" * 32).under_way(ALICE) == []
    assert Journal(tmp_path, GENESIS).under_way(ALICE) == [outgoing(1)]


def test_an_unknown_state_cannot_be_stored(journal):
    journal.write([outgoing(1)])
    with pytest.raises(BadDatabase, match="ck_outbox_state"), journal.database.writing() as connection:
        connection.execute(text("UPDATE outbox SET state = 'perhaps'"))


def test_the_migrations_make_the_tables_that_the_library_uses(journal):
    with journal.database.writing() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, TABLES) == []


def test_a_journal_of_a_later_version_is_refused(tmp_path):
    journal = Journal(tmp_path, GENESIS)
    with journal.database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(BadDatabase, match="later version") as refusal:
        Journal(tmp_path, GENESIS)
    assert "cannot be rebuilt" in refusal.value.remedy


def test_a_spoilt_journal_is_told_and_not_replaced(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(BadDatabase, match="not a database"):
        Journal(tmp_path, GENESIS)
    assert (tmp_path / "journal.sqlite").read_bytes().startswith(b"not a database")


_WRITER = """
import sys
from pathlib import Path
from tests.python.store.test_journal import GENESIS, outgoing
from powerpact.store import Journal
journal = Journal(Path(sys.argv[1]), GENESIS)
for nonce in range(200):
    journal.write([outgoing(nonce)])
    print(nonce, flush=True)
"""


def test_what_was_acknowledged_survives_a_kill(tmp_path):
    words = [sys.executable, "-c", _WRITER, str(tmp_path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as writer:
        acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().split()]
    journal = Journal(tmp_path, GENESIS)
    assert [one.nonce for one in journal.under_way(ALICE)][: len(acknowledged)] == acknowledged
    with journal.database.reading() as connection:
        assert connection.scalar(text("PRAGMA integrity_check")) == "ok"
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
