"""The operators: each makes small changes of one kind from a syntax tree.

Nothing is changed in interfaces, constructors, events, the arguments of errors, assembly, comments, and in getters that
no contract calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from testkit.mutation.syntax import Node, children, span, walk

RELATIONAL = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
LOGICAL = {"&&": "||", "||": "&&"}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "<<": ">>", ">>": "<<", "|": "&", "&": "|", "^": "|"}
COMPOUND = {f"{old}=": f"{new}=" for old, new in ARITHMETIC.items()}
BINARY = {
    **dict.fromkeys(RELATIONAL, "relation"),
    **dict.fromkeys(LOGICAL, "logic"),
    **dict.fromkeys((*ARITHMETIC, *COMPOUND), "arithmetic"),
}
REPLACED = {**RELATIONAL, **LOGICAL, **ARITHMETIC, **COMPOUND}

UNTOUCHED = {
    "EmitStatement",
    "ErrorDefinition",
    "EventDefinition",
    "ImportDirective",
    "InheritanceSpecifier",
    "InlineAssembly",
    "ModifierInvocation",
    "RevertStatement",
    "StructuredDocumentation",
    "UsingForDirective",
}
GUARDED = {"RevertStatement", "Return", "Continue"}
"""What a guard clause does if its condition holds."""

NAMED = {"ContractDefinition", "FunctionDefinition", "ModifierDefinition"}
"""What a bug is said to be in, besides constants."""

_NUMBER = re.compile(r"0x[0-9a-fA-F_]+|[0-9_]+")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one source: the bytes from `start` to `end`, `before`, become `after`."""

    source: str
    function: str
    operator: str
    start: int
    end: int
    before: str
    after: str

    def apply(self, text: str) -> str:
        """The source with the bug."""
        whole = text.encode()
        return (whole[: self.start] + self.after.encode() + whole[self.end :]).decode()

    def line(self, text: str) -> int:
        """The number of the line in which it begins."""
        return text.encode()[: self.start].count(b"\n") + 1


def changes(sources: Mapping[str, str], parsed: Mapping[str, Node]) -> list[Change]:
    """All changes of some sources, in the order of the text."""
    used = names_used(parsed.values())
    return [
        change
        for path, text in sources.items()
        for change in _Source(path, text, parsed[path], used).below(parsed[path], "")
    ]


def names_used(parsed: Iterable[Node]) -> set[str]:
    """Names that occur as expressions: those of functions that some contract calls are among them."""
    nodes = [node for tree in parsed for node in walk(tree)]
    members = {node["memberName"] for node in nodes if node["nodeType"] == "MemberAccess"}
    return members | {node["name"] for node in nodes if node["nodeType"] == "Identifier"}


class _Source:
    """The changes of one source."""

    def __init__(self, path: str, text: str, tree: Node, used: Set[str]) -> None:
        self.path = path
        self.bytes = text.encode()
        self.used = used
        # A loop that makes no step ends with the gas: that is no test.
        loops = [node for node in walk(tree) if node["nodeType"] == "ForStatement" and node.get("loopExpression")]
        self.steps = {loop["loopExpression"]["expression"]["src"] for loop in loops}

    def below(self, node: Node, function: str) -> Iterator[Change]:
        """All changes of a node and of what is below it."""
        kind = node["nodeType"]
        if kind in UNTOUCHED or self._is_left_out(node):
            return
        if kind in NAMED or (kind == "VariableDeclaration" and node.get("constant")):
            function = f"{function}.{node['name']}".removeprefix(".")
        if own := OPERATORS.get(kind):
            yield from own(self, node, function)
        for child in self._inside(node):
            yield from self.below(child, function)

    def _is_left_out(self, node: Node) -> bool:
        match node["nodeType"]:
            case "ContractDefinition":
                return node["contractKind"] == "interface"
            case "FunctionDefinition":
                is_outside = node.get("visibility") in ("external", "public")
                is_getter = is_outside and node["stateMutability"] in ("view", "pure")
                return node["kind"] == "constructor" or (is_getter and node["name"] not in self.used)
        return False

    def _inside(self, node: Node) -> list[Node]:
        """What is looked at below a node: of a check the condition alone, of an array type nothing."""
        if node["nodeType"] == "ArrayTypeName":
            return []
        if _is_require(node):
            return node["arguments"][:1]
        return list(children(node))

    def _change(self, node: Node, function: str, operator: str, after: str) -> Change:
        start, end = span(node)
        return Change(self.path, function, operator, start, end, self._text(start, end), after)

    def _text(self, start: int, end: int) -> str:
        return self.bytes[start:end].decode()

    def _negated(self, condition: Node, function: str) -> Iterator[Change]:
        """The opposite of a condition; another operator makes that of an equation."""
        if condition.get("operator") not in ("==", "!="):
            yield self._change(condition, function, "negation", f"!({self._text(*span(condition))})")

    def _statement(self, node: Node, function: str) -> Iterator[Change]:
        inner = node["expression"]
        if inner["nodeType"] not in ("Assignment", "FunctionCall", "UnaryOperation") or inner["src"] in self.steps:
            return
        start, end = span(node)
        end = self.bytes.index(b";", end) + 1
        operator = "check dropped" if _is_require(inner) else "statement dropped"
        yield Change(self.path, function, operator, start, end, self._text(start, end), "{}")

    def _check(self, node: Node, function: str) -> Iterator[Change]:
        if _is_require(node):
            yield from self._negated(node["arguments"][0], function)

    def _branch(self, node: Node, function: str) -> Iterator[Change]:
        body = node["trueBody"]
        statements = body["statements"] if body["nodeType"] == "Block" else [body]
        if len(statements) == 1 and statements[0]["nodeType"] in GUARDED and not node.get("falseBody"):
            yield self._change(node["condition"], function, "check dropped", "false")
        yield from self._negated(node["condition"], function)

    def _choice(self, node: Node, function: str) -> Iterator[Change]:
        yield from self._negated(node["condition"], function)

    def _operation(self, node: Node, function: str) -> Iterator[Change]:
        yield from self._swapped(node, function, node["leftExpression"], node["rightExpression"])

    def _assignment(self, node: Node, function: str) -> Iterator[Change]:
        yield from self._swapped(node, function, node["leftHandSide"], node["rightHandSide"])

    def _swapped(self, node: Node, function: str, left: Node, right: Node) -> Iterator[Change]:
        old = node["operator"]
        if old not in BINARY:
            return
        (start, middle), (go_on, end) = span(left), span(right)
        between = self._text(middle, go_on).replace(old, REPLACED[old], 1)
        after = f"{self._text(start, middle)}{between}{self._text(go_on, end)}"
        yield Change(self.path, function, BINARY[old], start, end, self._text(start, end), after)

    def _step(self, node: Node, function: str) -> Iterator[Change]:
        if node["operator"] in ("++", "--"):
            text = self._text(*span(node))
            other = "--" if node["operator"] == "++" else "++"
            yield self._change(node, function, "counting", text.replace(node["operator"], other))
            if node["src"] not in self.steps:
                yield self._change(node, function, "counting", self._text(*span(node["subExpression"])))

    def _literal(self, node: Node, function: str) -> Iterator[Change]:
        text = self._text(*span(node))
        if node["kind"] == "bool":
            yield self._change(node, function, "truth", "false" if text == "true" else "true")
        elif node["kind"] == "number" and (number := _NUMBER.match(text)):
            more = int(number[0], 0) + 1
            written = hex(more) if number[0].startswith("0x") else str(more)
            yield self._change(node, function, "constant", f"{written}{text[number.end() :]}")

    def _answers(self, node: Node, function: str) -> Iterator[Change]:
        returned = node["returnParameters"]["parameters"]
        if [each["typeName"].get("name") for each in returned] != ["bool"] or not node.get("body"):
            return
        for each in walk(node["body"]):
            if each["nodeType"] == "Return" and each.get("expression", {}).get("nodeType") not in (None, "Literal"):
                for answer in ("true", "false"):
                    yield self._change(each["expression"], function, "truth", answer)


OPERATORS: Mapping[str, Callable[[_Source, Node, str], Iterator[Change]]] = {
    "ExpressionStatement": _Source._statement,
    "FunctionCall": _Source._check,
    "IfStatement": _Source._branch,
    "Conditional": _Source._choice,
    "BinaryOperation": _Source._operation,
    "Assignment": _Source._assignment,
    "UnaryOperation": _Source._step,
    "Literal": _Source._literal,
    "FunctionDefinition": _Source._answers,
}
"""By the type of node: what makes changes of it."""


def _is_require(node: Node) -> bool:
    return node["nodeType"] == "FunctionCall" and node["expression"].get("name") == "require"
