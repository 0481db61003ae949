"""The option that records snapshots."""

import pytest


def pytest_addoption(parser):
    parser.addoption("--update-snapshots", action="store_true", help="record what is measured instead of comparing")


@pytest.fixture(scope="session")
def update_snapshots(request):
    return request.config.getoption("--update-snapshots")
