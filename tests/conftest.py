"""What holds for every suite."""

import os

import pytest

from toolchain import artifacts


def pytest_sessionstart():
    """Refuse to test contracts that are not those of the sources."""
    changed = [] if os.environ.get("POWERPACT_BUILD") else artifacts.changed()
    if changed:
        pytest.exit(
            f"{', '.join(changed)}: the sources changed since powerpact/artifacts was made. Run ./run artifacts "
            "(or ./run brownie compile, and set POWERPACT_BUILD=build/contracts).",
            returncode=3,
        )
