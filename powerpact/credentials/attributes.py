"""Attribute sets: what a committee of auditors attests about a person (Zhao et al. 2020, section 2.1).

A person's identity, type, permissions, credit report, wallet and the time for which all this holds. Each field has one
name, in attribute files, in credentials and in disclosures, and one Solidity type.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from eth_typing import ChecksumAddress
from eth_utils import is_checksum_address

from powerpact.credentials.errors import BadAttribute
from powerpact.market.candidates import USER_TYPES
from powerpact.market.countries import NUMBERS
from powerpact.market.permissions import Permission
from powerpact.units import PPM

GRADES: Final = MappingProxyType({"A": 1, "B": 2, "C": 3, "D": 4})
"""Codes of the credit grades, the best first."""

PERMISSIONS: Final = ("may_buy", "may_sell", "electricity", "heat", "cold", "gas")
"""The permissions, in the order of their bits from the lowest."""

CARRIERS: Final = PERMISSIONS[2:]

LAST_S: Final = 253_402_300_799
"""The last second of the year 9999, beyond which dates have no common form."""

_MOST_TEXT: Final = 200
_EXACT: Final = 1 << 53
_ONE_SIDED: Final = MappingProxyType({"consumer": "may_sell", "producer": "may_buy"})


class Field(NamedTuple):
    """A field: its attribute here, its name in files, its Solidity type."""

    attribute: str
    name: str
    type: str


FIELDS: Final = (
    Field("full_name", "fullName", "string"),
    Field("country", "country", "string"),
    Field("national_id", "nationalId", "string"),
    Field("user_type", "userType", "string"),
    Field("may_buy", "mayBuy", "bool"),
    Field("may_sell", "maySell", "bool"),
    Field("electricity", "electricity", "bool"),
    Field("heat", "heat", "bool"),
    Field("cold", "cold", "bool"),
    Field("gas", "gas", "bool"),
    Field("most_energy_wh", "mostEnergyWh", "uint64"),
    Field("grade", "grade", "string"),
    Field("credibility_ppm", "credibilityPpm", "uint32"),
    Field("wallet", "wallet", "address"),
    Field("valid_from_s", "validFrom", "uint64"),
    Field("valid_until_s", "validUntil", "uint64"),
)
"""All fields, in their order."""

FIELD_NAMES: Final = tuple(field.name for field in FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeSet:
    """What is attested about a person.

    Attributes
    ----------
    full_name : str
        Name by law.
    country : str
        Country of the national id, ISO 3166-1 alpha-2.
    national_id : str
        Number or code under which that country knows the person.
    user_type : str
        One of `USER_TYPES`.
    may_buy, may_sell : bool
        On which sides the person may order.
    electricity, heat, cold, gas : bool
        Which carriers the person may trade.
    most_energy_wh : int
        Most energy of one order, Wh.
    grade : str
        Credit grade, one of `GRADES`.
    credibility_ppm : int
        Credit report as credibility, ppm.
    wallet : ChecksumAddress
        Address of the person's wallet.
    valid_from_s, valid_until_s : int
        From when and until when it holds, Unix seconds.

    Raises
    ------
    BadAttribute
        At the first field that is out of range or contradicts another one.
    """

    full_name: str
    country: str
    national_id: str
    user_type: str
    may_buy: bool
    may_sell: bool
    electricity: bool = False
    heat: bool = False
    cold: bool = False
    gas: bool = False
    most_energy_wh: int
    grade: str
    credibility_ppm: int
    wallet: ChecksumAddress
    valid_from_s: int
    valid_until_s: int

    def __post_init__(self) -> None:
        for field in FIELDS:
            _check_type(field, getattr(self, field.attribute))
        self._check_texts()
        self._check_permissions()
        if self.most_energy_wh == 0:
            self._refuse("most_energy_wh", "is nothing", "State the most energy of one order in Wh, at least 1.")
        if self.credibility_ppm > PPM:
            self._refuse("credibility_ppm", "is above 1 000 000", "State ppm, at most 1000000.")
        if self.valid_until_s > LAST_S:
            self._refuse("valid_until_s", "is after the year 9999", "Name an earlier end.")
        if self.valid_from_s >= self.valid_until_s:
            self._refuse("valid_until_s", "is not after validFrom", "Name a later end.")

    def values(self) -> dict[str, Any]:
        """All fields by name, in their order."""
        return {field.name: getattr(self, field.attribute) for field in FIELDS}

    @property
    def permissions(self) -> Permission:
        """The permissions, as the registry has them: buy 1, sell 2, electricity 4, heat 8, cold 16, gas 32."""
        permitted = (self.may_buy, self.may_sell, self.electricity, self.heat, self.cold, self.gas)
        return Permission(sum(is_permitted << bit for bit, is_permitted in enumerate(permitted)))

    def _check_texts(self) -> None:
        for attribute in ("full_name", "national_id"):
            text = getattr(self, attribute)
            if not text.strip() or len(text) > _MOST_TEXT:
                self._refuse(attribute, "is empty or too long", f"Write 1 to {_MOST_TEXT} characters.")
        if not any(character.isalnum() for character in self.national_id):
            self._refuse("national_id", "has neither letters nor digits", "Write the id as the document has it.")
        if self.country not in NUMBERS:
            self._refuse("country", "is no country code", "Write the two capitals of ISO 3166-1, such as AT.")
        if self.user_type not in USER_TYPES:
            self._refuse("user_type", "is no type of user", f"Choose one of {', '.join(USER_TYPES)}.")
        if self.grade not in GRADES:
            self._refuse("grade", "is no grade", f"Choose one of {', '.join(GRADES)}.")

    def _check_permissions(self) -> None:
        excluded = _ONE_SIDED.get(self.user_type)
        if excluded and getattr(self, excluded):
            self._refuse(excluded, f"contradicts the type {self.user_type}", "Leave it out, or use the type prosumer.")
        if not (self.may_buy or self.may_sell):
            self._refuse("may_buy", "leaves nothing to do", "Permit mayBuy, maySell, or both.")
        if self.permissions >> 2 == 0:
            self._refuse("electricity", "leaves nothing to trade", f"Permit one of {', '.join(CARRIERS)}.")

    def _refuse(self, attribute: str, problem: str, remedy: str) -> None:
        name = next(field.name for field in FIELDS if field.attribute == attribute)
        raise BadAttribute(name, getattr(self, attribute), problem, remedy=remedy)


def attribute_set(values: dict[str, Any]) -> AttributeSet:
    """The attribute set with these values, by the names of their fields.

    Raises
    ------
    BadAttribute
        At the first field that is missing, unknown, out of range, or contradicts another one.
    """
    known = {field.name: field.attribute for field in FIELDS}
    for name, value in values.items():
        if name not in known:
            raise BadAttribute(name, value, "is unknown", remedy=f"Use {', '.join(known)}.")
    optional = set(CARRIERS)
    for name, attribute in known.items():
        if name not in values and attribute not in optional:
            raise BadAttribute(name, None, "is missing", remedy=f"State {name}.")
    return AttributeSet(**{known[name]: value for name, value in values.items()})


def json_value(value: Any) -> Any:
    """A field's value as JSON; numbers that are not exact everywhere are text.

    Examples
    --------
    >>> json_value(1 << 53), json_value(7), json_value(True)
    ('9007199254740992', 7, True)
    """
    return str(value) if isinstance(value, int) and value >= _EXACT else value


def is_of_type(value: object, type_: str) -> bool:
    """Whether a value is of a field's Solidity type.

    Examples
    --------
    >>> is_of_type(7, "uint32"), is_of_type(True, "uint32"), is_of_type(1 << 32, "uint32")
    (True, False, False)
    """
    match type_:
        case "string":
            return isinstance(value, str) and _is_text(value)
        case "bool":
            return isinstance(value, bool)
        case "address":
            return is_checksum_address(value)
    bits = int(type_.removeprefix("uint"))
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << bits


def _is_text(value: str) -> bool:
    """Whether a text has an encoding: half a surrogate pair, which JSON can state, has none."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_type(field: Field, value: object) -> None:
    if not is_of_type(value, field.type):
        wanted = {"string": "a text", "bool": "true or false", "address": "an address with its checksum"}
        remedy = f"Write {wanted.get(field.type, f'an integer that fits {field.type}')}."
        raise BadAttribute(field.name, value, f"is not of type {field.type}", remedy=remedy)
