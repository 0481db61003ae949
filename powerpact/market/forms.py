"""What a row of the table of rules says: how a rule is encoded, written into a file, and asked for.

A `Form` knows the values of one kind of rule in three places: in Python, in the struct, in a file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, NamedTuple, Protocol

from powerpact.market.errors import BadRules


class Asked(StrEnum):
    """What a user states for a rule."""

    WHO = "WHO"
    """An address, or the name of an account."""
    PEOPLE = "PEOPLE"
    """Several of them, in their order."""
    TIME = "TIME"
    """A moment."""
    SECONDS = "SECONDS"
    """A duration; for a time of the market its distance from the time before."""
    NUMBER = "NUMBER"
    CHOICE = "CHOICE"
    """The word of a member."""
    LABEL = "LABEL"
    ATTRIBUTES = "ATTRIBUTES"
    CATEGORIES = "CATEGORIES"
    CATEGORY = "CATEGORY"


class Option(NamedTuple):
    """How a user states a rule on the command line."""

    flag: str
    asked: Asked
    metavar: str = ""
    """The name of the value in help texts; empty: as `asked` has it."""
    help: str = ""
    """Empty: the row's meaning and unit."""
    default: int | None = None
    """For a time that is asked for as a distance, s; other defaults are those of `Rules`."""


class Form(Protocol):
    """The values of one kind of rule."""

    def encoded(self, name: str, value: Any) -> Any:
        """The value in the struct. Raises BadRules if there is none."""

    def decoded(self, name: str, value: Any) -> Any:
        """The value in Python, of the one in the struct. Raises BadRules if it is invalid."""

    def written(self, value: Any) -> Any:
        """The value in a file, as JSON has it."""

    def read(self, name: str, value: Any) -> Any:
        """The value in Python, of the one in a file. Raises BadRules if it is invalid."""


class Row(NamedTuple):
    """One rule: its member in the struct and everything that follows from it.

    `member` is empty for what is not a member of the struct; `form` is None for what follows from other attributes
    (`encode` says how) or has its own format.
    """

    member: str
    type: str
    form: Form | None
    meaning: str
    unit: str = ""
    option: Option | None = None
    encode: Callable[[Any], Any] | None = None

    def value_in(self, rules: Any, name: str) -> Any:
        """The member's value in the struct of these rules."""
        if self.encode is not None:
            return self.encode(rules)
        if self.form is None:
            raise TypeError(f"{name} has neither a form nor an encoding")
        return self.form.encoded(name, getattr(rules, name))


@dataclass(frozen=True, slots=True)
class Integer:
    """An unsigned integer of a given number of bits."""

    bits: int

    def encoded(self, name: str, value: Any) -> int:
        """The number itself."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << self.bits:
            raise BadRules(name, value, f"is not an integer from 0 to {(1 << self.bits) - 1}")
        return value

    def decoded(self, name: str, value: Any) -> int:
        """The number itself."""
        return self.encoded(name, value)

    def written(self, value: Any) -> Any:
        """The number itself."""
        return value

    def read(self, name: str, value: Any) -> int:
        """The number itself."""
        return self.encoded(name, value)


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its checksum."""

    def encoded(self, name: str, value: Any) -> str:
        """The address itself."""
        from eth_utils import is_checksum_address  # here, since it is slow to load and the command line reads the table

        if not isinstance(value, str) or not is_checksum_address(value):
            raise BadRules(name, value, "is not an address with checksum")
        return value

    def decoded(self, name: str, value: Any) -> str:
        """The address itself."""
        return self.encoded(name, value)

    def written(self, value: Any) -> Any:
        """The address itself."""
        return value

    def read(self, name: str, value: Any) -> str:
        """The address itself."""
        return self.encoded(name, value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several members, in the order of the enum in Solidity; in files and on the command line its word."""

    members: tuple[Enum, ...]

    def encoded(self, name: str, value: Any) -> int:
        """The member's place."""
        if not isinstance(value, Enum) or value not in self.members:
            raise BadRules(name, value, f"is none of {', '.join(self.words)}")
        return self.members.index(value)

    def decoded(self, name: str, value: Any) -> Enum:
        """The member at a place."""
        if not isinstance(value, int) or not 0 <= value < len(self.members):
            raise BadRules(name, value, f"is none of {', '.join(self.words)}")
        return self.members[value]

    def written(self, value: Any) -> Any:
        """The member's word."""
        return word_of(value)

    def read(self, name: str, value: Any) -> Enum:
        """The member with a word."""
        if value not in self.words:
            raise BadRules(name, value, f"is none of {', '.join(self.words)}")
        return self.members[self.words.index(value)]

    @property
    def words(self) -> list[str]:
        """The words of the members."""
        return [word_of(member) for member in self.members]


@dataclass(frozen=True, slots=True)
class Label:
    """Printable ASCII up to a length; the zero bytes behind it are not part of it."""

    length: int

    def encoded(self, name: str, value: Any) -> bytes:
        """The characters, with zero bytes behind."""
        if not isinstance(value, str) or len(value) > self.length or not (value.isascii() and _is_printable(value)):
            raise BadRules(name, value, f"is not up to {self.length} printable ASCII characters")
        return value.encode("ascii").ljust(self.length, b"\0")

    def decoded(self, name: str, value: Any) -> str:
        """The characters."""
        text = value.rstrip(b"\0")
        if not text.isascii() or not _is_printable(text.decode("ascii")):
            raise BadRules(name, f"0x{value.hex()}", f"is not up to {self.length} printable ASCII characters")
        return str(text.decode("ascii"))

    def written(self, value: Any) -> Any:
        """The characters."""
        return value

    def read(self, name: str, value: Any) -> str:
        """The characters."""
        self.encoded(name, value)
        return str(value)


@dataclass(frozen=True, slots=True)
class Octets:
    """Bytes of a fixed length; in files hexadecimal."""

    length: int

    def encoded(self, name: str, value: Any) -> bytes:
        """The bytes themselves."""
        if not isinstance(value, bytes) or len(value) != self.length:
            raise BadRules(name, value, f"is not {self.length} bytes")
        return value

    def decoded(self, name: str, value: Any) -> bytes:
        """The bytes themselves."""
        return self.encoded(name, value)

    def written(self, value: Any) -> Any:
        """The bytes in hexadecimal."""
        return f"0x{value.hex()}"

    def read(self, name: str, value: Any) -> bytes:
        """The bytes, of hexadecimal."""
        try:
            return self.encoded(name, bytes.fromhex(value.removeprefix("0x")))
        except (ValueError, AttributeError):
            raise BadRules(name, value, f"is not {self.length} bytes in hexadecimal") from None


def word_of(member: Enum) -> str:
    """The word of a member of an enum, as users write it.

    Examples
    --------
    >>> from powerpact.market.rules import Mode, PriceRule
    >>> word_of(PriceRule.PAY_AS_BID), word_of(Mode.ONE_TO_ONE)
    ('pay-as-bid', 'one-to-one')
    """
    return member.name.lower().replace("_", "-")


def is_name(text: str) -> bool:
    """Whether a text can be the name of an attribute or category: printable, without a backslash, not empty.

    Bytes that are not UTF-8 are decoded with backslashes, so a name that is not text is refused.
    """
    return text != "" and _is_printable(text) and "\\" not in text


def check_names(field_name: str, names: Sequence[str], most: int) -> None:
    """Names of attributes or categories: within the limit, each a name, none repeated. Raises BadRules otherwise."""
    if len(names) > most:
        raise BadRules(field_name, len(names), f"are more than {most}")
    for position, name in enumerate(names):
        if not is_name(name):
            raise BadRules(f"{field_name}[{position}]", name, "is not a name: printable text without a backslash")
        if name in names[:position]:
            raise BadRules(f"{field_name}[{position}]", name, "is a name that another one has")


def _is_printable(text: str) -> bool:
    return text.isprintable()
