"""What the guards of the architecture read in the sources, without a compiler: functions, imports and calls."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from toolchain.places import ROOT

PYTHON_FOLDERS: Final = ("powerpact", "toolchain", "testkit", "tests", "benchmarks", "scripts", "tools")
CONTRACT_FLOORS: Final = ("tokens", "accounts", "registry", "metering", "market", "council", "clearing", "settlement")
"""The rooms of the contracts from below: each calls only those before it."""

SOLIDITY_FOLDERS: Final = ("contracts", "interfaces", "tests/forge")

_STRING = re.compile(r'"(?:[^"\\n]|\\.)*"')
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(r'^import [^;"]*"([^"]+)";', re.MULTILINE)
_BODY = re.compile(r"\b(?:function\s+(\w+)|(constructor|receive|fallback)\b|modifier\s+(\w+))[^;{]*\{")
_DECLARED = re.compile(r"\b(I[A-Z]\w+)\s+(?:(?:public|private|internal|immutable|constant|memory)\s+)*([A-Za-z_]\w*)\b")
_MEMBER = re.compile(r"\b([A-Za-z_]\w*)\.(\w+)\s*[({]")
_CAST = re.compile(r"\b(I[A-Z]\w+)\([^()]*(?:\([^()]*\))?[^()]*\)\.(\w+)\s*[({]")
_SELECTOR = re.compile(r"\b(I[A-Z]\w+)\.([a-z]\w*)(?:\.selector\b|\s*,)")


@dataclass(frozen=True, slots=True)
class Function:
    """A function with a body.

    Attributes
    ----------
    name : str
        With its class, in Python.
    lines : int
        From its head to its end, without its docstring.
    """

    name: str
    lines: int


@dataclass(frozen=True, slots=True, order=True)
class Call:
    """A call of one contract's function in the source of another."""

    caller: str
    target: str
    function: str


def relative(path: Path) -> str:
    """The path from the root of the project, with slashes."""
    return path.relative_to(ROOT).as_posix()


def python_files() -> list[Path]:
    """All Python sources that are written by hand."""
    return [path for folder in PYTHON_FOLDERS for path in sorted((ROOT / folder).rglob("*.py"))]


def solidity_files(*folders: str) -> list[Path]:
    """All Solidity sources of some folders, by default of all."""
    return [path for folder in folders or SOLIDITY_FOLDERS for path in sorted((ROOT / folder).rglob("*.sol"))]


def bare(source: str) -> str:
    """Solidity with blanks for comments and the insides of strings, so that every character keeps its place."""
    kept = _STRING.sub(lambda found: '"' + " " * (len(found[0]) - 2) + '"', source)
    return _COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), kept)


def solidity_functions(source: str) -> Iterator[Function]:
    r"""All functions, constructors and modifiers with a body.

    Examples
    --------
    >>> [*solidity_functions("contract A {\n  function f() external {\n    g(); // }\n  }\n}\n")]
    [Function(name='f', lines=3)]
    """
    text = bare(source)
    for head in _BODY.finditer(text):
        depth, end = 1, head.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield Function(head[1] or head[2] or head[3], text.count("\n", head.start(), end) + 1)


def python_functions(source: str) -> Iterator[Function]:
    r"""All functions and methods, nested ones within their function too.

    Examples
    --------
    >>> [*python_functions("def f():\n  'Say.'\n  return 1\n")]
    [Function(name='f', lines=2)]
    """

    def walk(node: ast.AST, prefix: str) -> Iterator[Function]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                first = child.body[0]
                docstring = first.end_lineno - first.lineno + 1 if ast.get_docstring(child) is not None else 0
                yield Function(prefix + child.name, child.end_lineno - child.lineno + 1 - docstring)
                yield from walk(child, f"{prefix}{child.name}.")
            else:
                yield from walk(child, f"{prefix}{child.name}." if isinstance(child, ast.ClassDef) else prefix)

    yield from walk(ast.parse(source), "")


def imports_of(path: Path) -> list[str]:
    """What a Solidity source imports: paths from the root of the project, or a package's as they are."""
    found = _IMPORT.findall(_COMMENT.sub("", path.read_text()))
    return [relative((path.parent / name).resolve()) if name.startswith(".") else name for name in found]


def room_of(path: str) -> str:
    """The room of a source: the folder below `contracts` or `interfaces`."""
    return path.split("/")[1]


@cache
def home_of_interfaces() -> dict[str, str]:
    """By interface of the project: the room whose contract implements it."""
    return {path.stem: relative(path).split("/")[1] for path in solidity_files("interfaces")}


def calls_in(path: Path) -> list[Call]:
    """All calls in a contract through interfaces of the project, by variable, cast or selector.

    A variable is an immutable or an argument; selectors are those of calls that are encoded by hand.
    """
    text = bare(path.read_text())
    variables = {name: interface for interface, name in _DECLARED.findall(text) if interface in home_of_interfaces()}
    found = {
        Call(path.stem, variables[name], function) for name, function in _MEMBER.findall(text) if name in variables
    }
    found |= {
        Call(path.stem, interface, function)
        for pattern in (_CAST, _SELECTOR)
        for interface, function in pattern.findall(text)
        if interface in home_of_interfaces()
    }
    return sorted(found)
