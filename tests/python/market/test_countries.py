"""Codes of countries."""

import pytest

from powerpact.errors import BadChoice
from powerpact.market.countries import NUMBERS, country_number


def test_every_country_has_its_own_number():
    assert len(NUMBERS) == 249
    assert len(set(NUMBERS.values())) == len(NUMBERS)
    assert all(len(letters) == 2 and letters.isupper() and 0 < number < 1_000 for letters, number in NUMBERS.items())


@pytest.mark.parametrize(
    ("letters", "number"), [("AF", 4), ("AT", 40), ("CN", 156), ("DE", 276), ("GB", 826), ("IN", 356), ("ZM", 894)]
)
def test_known_countries(letters, number):
    assert country_number(letters) == number


@pytest.mark.parametrize("letters", ["", "at", "XX", "AUT", "040", "UK"])
def test_what_is_no_code_is_refused(letters):
    with pytest.raises(BadChoice, match="country"):
        country_number(letters)
