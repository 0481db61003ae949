"""Rounds that do not fit into one transaction."""

import pytest


@pytest.fixture
def sealing(monkeypatch):
    """No round fits into one transaction."""
    monkeypatch.setattr("powerpact.agent.proposing.fitting", lambda *_: None)
