"""Words that the glossary bars are no identifiers: neither in Python nor in Solidity, nor in the names of files."""

import ast
import re
from collections.abc import Iterable, Iterator

import pytest

from testkit.sources import bare, python_files, relative, solidity_files
from toolchain.places import ROOT

PAGE = (ROOT / "docs/glossary.md").read_text()
ROW = re.compile(r"^\|([^|]+)\|([^|]+)\|([^|]*)\|([^|]*)\|$", re.MULTILINE)
HEADER = "in the field"
WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+")
STRING = re.compile(r'"[^"]*"')
IDENTIFIER = re.compile(r"\b[A-Za-z_]\w*\b")

# Names that wait for their file to be rewritten: the list only ever gets shorter.
WAITING: set[tuple[str, str]] = set()


def rows() -> list[tuple[str, ...]]:
    """The table's rows: term of the field, our word, words that we avoid, barred identifiers."""
    cells = [tuple(cell.strip() for cell in row) for row in ROW.findall(PAGE)]
    return [row for row in cells if row[0] != HEADER and not set(row[0]) <= {"-"}]


BARRED = sorted(word for row in rows() for word in re.findall(r"`([^`]+)`", row[3]))
NAMES = {word for word in BARRED if word[0].isupper()}
SEQUENCES = {f"_{word}_": word for word in BARRED if word not in NAMES}


def barred(identifier: str) -> str | None:
    """The entry of the glossary that bars an identifier, None if none does. Names of tests are sentences."""
    if identifier.startswith("test"):
        return None
    if identifier in NAMES:
        return identifier
    words = f"_{'_'.join(word.lower() for word in WORD.findall(identifier))}_"
    return next((entry for sequence, entry in SEQUENCES.items() if sequence in words), None)


def names_defined(tree: ast.Module) -> Iterator[str]:
    """Every name that a Python source gives to something; those of others that it uses are not its choice."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name
            case ast.arg(arg=name) | ast.alias(asname=str(name)):
                yield name


def found_in(identifiers: Iterable[str]) -> dict[str, str]:
    """By identifier that is barred: the entry that bars it."""
    return {name: entry for name in sorted(set(identifiers)) if (entry := barred(name))}


def test_the_table_is_read():
    assert len(rows()) > 25
    assert len(BARRED) == len(set(BARRED)) > 40
    assert all("**" in row[1] for row in rows()), "every row names our word in bold"


@pytest.mark.parametrize("path", python_files(), ids=relative)
def test_python(path):
    assert not found_in([path.stem, *names_defined(ast.parse(path.read_text()))])


@pytest.mark.parametrize("path", solidity_files(), ids=relative)
def test_solidity(path):
    source = relative(path)
    found = found_in([path.stem, *IDENTIFIER.findall(STRING.sub("", bare(path.read_text())))])
    waiting = {name for file, name in WAITING if file == source}
    assert found.keys() == waiting, f"{found}, waiting {waiting}"


@pytest.mark.parametrize(
    ("identifier", "entry"),
    [
        ("standingOf", "standing"),
        ("is_standing", "standing"),
        ("Order_Carried", "carried"),
        ("freeDevice", "free_device"),
        ("EscrowRelease", "EscrowRelease"),
        ("HTTPCoinServer", "coin"),
        ("understanding", None),
        ("released", None),
        ("test_a_standing_proposal", None),
        ("coincurve", None),
    ],
)
def test_words_are_told_apart(identifier, entry):
    assert barred(identifier) == entry
