"""Where records and pictures are kept."""

from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
