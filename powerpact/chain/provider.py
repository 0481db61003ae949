"""JSON-RPC over HTTP within a node's limits.

A node may answer only so many requests a second, take only so many requests in one batch, or only so large a body. The
provider waits when it is asked to, makes its batches smaller when one is refused, and remembers the size that worked.
It also counts what it asks, one for each call, also inside a batch, so that tests and reports can hold it to a budget.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Final, TypeVar, cast

import requests
from web3 import HTTPProvider
from web3.providers.rpc.utils import ExceptionRetryConfiguration
from web3.types import RPCEndpoint, RPCResponse

from powerpact.chain.node_errors import NotANode
from powerpact.chain.refusals import is_busy, is_too_much

BATCH_SIZE: Final = 100
"""Calls in one batch until a node refuses that many."""

PATIENCE: Final = 8
"""How often a request is repeated when the node asks for fewer requests."""

FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 30.0

_BUSY_STATUS: Final = (429, 503)
_OF_LOGS: Final = re.compile(r"range|block|logs?\b|result|response|query", re.IGNORECASE)
_PAUSE: Final = re.compile(
    r"(?:backoff_seconds\W+|(?:retry|try again) (?:in|after) )(\d+(?:\.\d+)?) ?(m?)(?:s|\b)", re.IGNORECASE
)
_REFUSED_BATCH_STATUS: Final = (400, 405, 413, 415, 501)
Ask = tuple[str, Sequence[Any]]
"""A JSON-RPC method and its parameters."""

T = TypeVar("T")


class NodeProvider(HTTPProvider):
    """A connection that keeps to the limits of its node.

    Parameters
    ----------
    rpc_url : str
        Address of the node's JSON-RPC.
    timeout_s : float
        Longest time for one request.
    retries : int
        Repetitions of a dropped read.

    Attributes
    ----------
    asked : Counter of str
        JSON-RPC calls so far, by method.
    batch_size : int
        Calls that the node takes in one batch, as far as is known.
    lacks : set of str
        Methods that the node turned out not to have.
    """

    def __init__(self, rpc_url: str, *, timeout_s: float, retries: int) -> None:
        super().__init__(
            rpc_url,
            request_kwargs={"timeout": timeout_s},
            exception_retry_configuration=ExceptionRetryConfiguration(
                errors=(requests.ConnectionError, requests.Timeout), retries=retries, backoff_factor=0.1
            ),
        )
        self.asked: Counter[str] = Counter()
        self.batch_size = BATCH_SIZE
        self.lacks: set[str] = set()
        self._chain_id: RPCResponse | None = None

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Ask for one thing; the chain's id, which never changes, only once."""
        if method == "eth_chainId" and self._chain_id is not None:
            return self._chain_id
        answer = _patiently(partial(self._one, method, params), _is_busy)
        if method == "eth_chainId" and "result" in answer:
            self._chain_id = answer
        return answer

    def ask_all(self, calls: Sequence[Ask]) -> list[RPCResponse]:
        """Ask for several things in as few requests as the node allows; answers in the order of the calls.

        The calls of one batch are answered by one machine, also where several serve the address.
        """
        answers: list[RPCResponse] = []
        while len(answers) < len(calls):
            piece = calls[len(answers) : len(answers) + self.batch_size]
            if len(piece) == 1:
                answers.append(self.make_request(RPCEndpoint(piece[0][0]), piece[0][1]))
                continue
            got = _patiently(partial(self._batch, piece), _is_any_busy)
            if got is None:
                self.batch_size = (len(piece) + 1) // 2
            else:
                answers += got
        return answers

    def _one(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        self.asked[method] += 1
        try:
            return super().make_request(method, params)
        except requests.HTTPError as error:
            told = _told(error)
            if not isinstance(told, dict):
                raise
            return cast(RPCResponse, told)
        except requests.RequestException:
            raise
        except ValueError as error:
            raise NotANode(str(self.endpoint_uri), "what it answers is not JSON") from error

    def _batch(self, calls: Sequence[Ask]) -> list[RPCResponse] | None:
        """The answers to a batch; None if the node does not take so large a one, or none at all."""
        self.asked.update(method for method, _ in calls)
        try:
            answer: Any = self.make_batch_request([(RPCEndpoint(method), params) for method, params in calls])
        except requests.HTTPError as error:
            answer = _told(error)
            if answer is None:
                if error.response is not None and error.response.status_code in _REFUSED_BATCH_STATUS:
                    return None
                raise
        except requests.RequestException:
            raise
        except ValueError as error:
            raise NotANode(str(self.endpoint_uri), "what it answers is not JSON") from error
        if isinstance(answer, list):
            return answer if len(answer) == len(calls) else None
        return [answer] * len(calls) if _is_busy(answer) or _is_of_calls(answer, calls) else None


def _told(error: requests.HTTPError) -> Any:
    """What a node says in JSON-RPC beside a status of HTTP; None if nothing, or if it asks for fewer requests."""
    response = error.response
    if response is None or response.status_code in _BUSY_STATUS:
        return None
    try:
        told = response.json()
    except ValueError:
        return None
    answers = told if isinstance(told, list) else [told]
    has_answers = all(
        isinstance(one, dict) and ("result" in one or isinstance(one.get("error"), dict)) for one in answers
    )
    return told if answers and has_answers else None


def _is_of_calls(answer: RPCResponse, calls: Sequence[Ask]) -> bool:
    """Whether the one error for a batch is about a range of logs in it, rather than about the batch."""
    text = str(answer.get("error"))
    has_logs = any(method == "eth_getLogs" for method, _ in calls)
    return has_logs and is_too_much(text) and _OF_LOGS.search(text) is not None and "batch" not in text.lower()


def _patiently(ask: Callable[[], T], asks_to_wait: Callable[[T], bool]) -> T:
    """Ask again, after growing pauses, while the node says that it is asked too often."""
    pause_s = FIRST_PAUSE_S
    for attempt in range(1, PATIENCE + 1):
        asked_pause_s = 0.0
        try:
            answer = ask()
        except requests.HTTPError as error:
            if error.response is None or error.response.status_code not in _BUSY_STATUS or attempt == PATIENCE:
                raise
            asked_pause_s = _seconds(error.response.headers.get("Retry-After"))
        else:
            if attempt == PATIENCE or not asks_to_wait(answer):
                return answer
            asked_pause_s = _asked_pause_s(answer)
        time.sleep(min(max(pause_s, asked_pause_s), LONGEST_PAUSE_S))
        pause_s *= 2
    raise AssertionError("unreachable")


def _is_busy(answer: RPCResponse) -> bool:
    error = answer.get("error")
    return bool(error) and is_busy(str(error))


def _is_any_busy(answers: list[RPCResponse] | None) -> bool:
    return answers is not None and any(map(_is_busy, answers))


def _asked_pause_s(answer: object) -> float:
    """The pause that an answer asks for in its text, s: ``"backoff_seconds": 30``, ``retry in 10s``."""
    asked = _PAUSE.search(str(answer))
    return float(asked[1]) / (1_000 if asked[2] == "m" else 1) if asked else 0.0


def _seconds(retry_after: str | None) -> float:
    """What a `Retry-After` header asks for in seconds, a number or a date; 0 for none."""
    text = (retry_after or "").strip()
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return 0.0
