"""Errors of orders, rules and readings, each with its remedy."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class BadOrderId(PowerPactError, ValueError):
    """A text is not an order's id.

    Parameters
    ----------
    text : str
        What was given.
    """

    exit_code = 2
    advice = "Write `batch:index`, such as `3:17`; see `powerpact order list`."

    def __init__(self, text: str) -> None:
        super().__init__(f"{text!r} is not an order id", remedy=self.advice)
        self.text = text


class FieldWithoutRule(PowerPactError, ValueError):
    """A field of an order has another value than the neutral one, and there is no rule for it yet.

    Parameters
    ----------
    field : str
        The field.
    value : int or bool
        What was given.
    neutral : int or bool
        The one value that is taken.
    """

    exit_code = 2
    advice = "Leave the field out."

    def __init__(self, field: str, value: int | bool, neutral: int | bool) -> None:
        super().__init__(
            f"{field} is {value}; orders with another value than {neutral} are not taken yet",
            remedy=f"Leave {field} out.",
        )
        self.field = field
        self.value = value
        self.neutral = neutral


class BadRules(PowerPactError, ValueError):
    """A market has, or was to get, a rule with an invalid value.

    Parameters
    ----------
    field : str
        The rule.
    value : object
        What was given.
    problem : str
        What is wrong with it.
    """

    exit_code = 2
    advice = "Open a market with another value; leave a market that has it alone."

    def __init__(self, field: str, value: object, problem: str) -> None:
        super().__init__(f"{field} {value!r} {problem}", remedy=self.advice)
        self.field = field
        self.value = value
        self.problem = problem
