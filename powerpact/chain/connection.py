"""The connection to a node: time limits, retries, and answers turned into PowerPact's errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import requests
from web3 import Web3
from web3.exceptions import ContractLogicError, Web3Exception, Web3RPCError
from web3.types import RPCEndpoint, RPCResponse

from powerpact.chain.errors import ChainError, ChainUnreachable, GasLimitExceeded, NodeRefused
from powerpact.chain.node_errors import NotANode, RateLimited, RevertedEmpty
from powerpact.chain.provider import Ask, NodeProvider
from powerpact.chain.refusals import is_busy, is_no_ether
from powerpact.chain.reverts import revert_error

Connection: TypeAlias = Web3
"""A connection to a node, for those who only pass it on: this room alone looks inside."""

TIMEOUT_S: Final = 30.0
"""How long one request may take."""

RETRIES: Final = 4
"""How often a read is repeated when the connection drops, with growing pauses; transactions are not."""

GAS_LIMIT: Final = 16_777_216
"""The most gas that one transaction may have (EIP-7825)."""

TOO_MANY_REQUESTS: Final = 429
"""The status of HTTP with which a node asks for fewer requests."""

_OUT_OF_GAS: Final = re.compile(r"out ?of ?gas|gas required exceeds|exceeds (the )?block gas limit|intrinsic gas", re.I)
_NO_SUCH_METHOD: Final = re.compile(r"not (found|exist|available|supported)|unsupported|unknown method", re.I)
_CAUSES: Final = tuple(
    (re.compile(pattern, re.I), cause)
    for pattern, cause in (
        (r"connection refused|actively refused", "nothing listens there"),
        (r"name ?resolution|name or service|getaddrinfo|nodename nor servname", "the host is not known"),
        (r"certificate|ssl|tls", "its encryption is not accepted"),
        (r"timed? ?out", "it took too long"),
        (r"remotedisconnected|connection aborted|connection reset", "it closed the connection"),
        (r"no route|unreachable", "there is no way to the host"),
    )
)
_NO_ACCESS: Final = "Check the key in the node's URL, and what its provider lets you ask."
_REVERTED: Final = re.compile(r"\brevert", re.I)
_HEX_DATA: Final = re.compile(r"0x[0-9a-fA-F]{8,}")


def connect(rpc_url: str, *, timeout_s: float = TIMEOUT_S, retries: int = RETRIES) -> Web3:
    """Connect to a node over HTTP.

    Parameters
    ----------
    rpc_url : str
        Address of the node's JSON-RPC.
    timeout_s : float
        Longest time for one request.
    retries : int
        Repetitions of a dropped read.

    Raises
    ------
    ChainUnreachable
        If the node does not answer.
    NotANode
        If the URL is none, or something else answers there.
    """
    parts = urlsplit(rpc_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise NotANode(rpc_url, "it does not begin with http:// or https:// and a host")
    web3 = Web3(NodeProvider(rpc_url, timeout_s=timeout_s, retries=retries))
    web3.middleware_onion.remove("validation")  # it asks for the chain's id before and after most requests
    with translated(web3, "its chain id"):
        answer = web3.provider.make_request(RPCEndpoint("eth_chainId"), [])
        if not isinstance(answer, dict) or not isinstance(answer.get("result", answer.get("error")), str | dict):
            raise NotANode(rpc_url, "what it answers is not JSON-RPC")
        _ = web3.eth.chain_id
    return web3


def ask(web3: Web3, what: str, method: str, *parameters: object) -> Any:
    """Ask a node for one thing, and give its JSON result.

    Raises
    ------
    ChainError
        As `translated` does.
    """
    with translated(web3, what):
        return result_of(what, web3.provider.make_request(RPCEndpoint(method), list(parameters)))


def ask_all(web3: Web3, what: str, calls: Sequence[Ask]) -> list[Any]:
    """Ask a node for several things, in one batch if it takes batches, and give their JSON results in order.

    Raises
    ------
    ChainError
        As `translated` does, for the first that has no result.
    """
    return [result_of(what, answer) for answer in answers_of(web3, what, calls)]


def answers_of(web3: Web3, what: str, calls: Sequence[Ask]) -> list[RPCResponse]:
    """Ask a node for several things, as `ask_all`, and give the whole answers, which may be errors, in order.

    Raises
    ------
    ChainUnreachable, NodeRefused
        If there is no answer at all.
    """
    provider = web3.provider
    with translated(web3, what):
        if not isinstance(provider, NodeProvider):
            return [provider.make_request(RPCEndpoint(method), list(parameters)) for method, parameters in calls]
        return provider.ask_all(calls)


def has_method(web3: Web3, method: str) -> bool:
    """Whether the node may have a method: it has not refused it so far."""
    return isinstance(web3.provider, NodeProvider) and method not in web3.provider.lacks


def note_refusal(web3: Web3, method: str, error: NodeRefused) -> None:
    """Remember that the node has no such method, if that is why it refused, so that it is not asked again."""
    if isinstance(web3.provider, NodeProvider) and _NO_SUCH_METHOD.search(error.reason):
        web3.provider.lacks.add(method)


def result_of(what: str, answer: RPCResponse) -> Any:
    """The JSON result of an answer.

    Raises
    ------
    ContractError, GasLimitExceeded, NodeRefused
        As the error in it says.
    """
    error: Any = answer.get("error")
    if error is None:
        return answer.get("result")
    details = error if isinstance(error, dict) else {"message": str(error)}
    raise _from_revert(what, _data_of(details.get("data")), str(details.get("message", error)))


def chain_id_of(web3: Web3) -> int:
    """The id of the node's chain."""
    return int(ask(web3, "the chain's id", "eth_chainId"), 16)


def rpc_url_of(web3: Web3) -> str:
    """The URL that a connection goes to, for messages."""
    return str(getattr(web3.provider, "endpoint_uri", web3.provider))


@contextmanager
def translated(web3: Web3, what: str) -> Iterator[None]:
    """Turn what the connection, the node or a contract raises inside into a `ChainError`.

    Parameters
    ----------
    web3 : Web3
        The connection that is used inside.
    what : str
        What is asked for, for the message.

    Raises
    ------
    ChainUnreachable
        If there was no answer.
    ContractError
        If a contract reverted.
    GasLimitExceeded
        If the call ran out of gas.
    NodeRefused
        If the node refused for another reason.
    """
    try:
        yield
    except ChainError:
        raise
    except requests.HTTPError as error:
        raise _from_status(web3, what, error) from error
    except (requests.RequestException, ConnectionError, TimeoutError) as error:
        raise ChainUnreachable(rpc_url_of(web3), _cause(error)) from error
    except ContractLogicError as error:
        raise _from_revert(what, _data_of(error.data), _first_line(error)) from error
    except Web3RPCError as error:
        response: Any = error.rpc_response or {}
        details = response.get("error", {})
        raise _from_revert(what, _data_of(details.get("data")), str(details.get("message", error))) from error
    except Web3Exception as error:
        raise NodeRefused(what, _first_line(error)) from error


def _from_status(web3: Web3, what: str, error: requests.HTTPError) -> ChainError:
    """What a status of HTTP says that comes without an answer in JSON-RPC."""
    status = error.response.status_code if error.response is not None else 0
    told = f"HTTP {status} {error.response.reason}"
    if status == TOO_MANY_REQUESTS:
        return RateLimited(what, told)
    if status in (401, 403):
        return NodeRefused(what, told, remedy=_NO_ACCESS)
    if status in (404, 405):
        return NotANode(rpc_url_of(web3), told)
    return NodeRefused(what, told) if 400 <= status < 500 else ChainUnreachable(rpc_url_of(web3), told)


def _cause(error: BaseException) -> str:
    """Why a connection failed, in a few words."""
    text = str(error)
    return next((cause for pattern, cause in _CAUSES if pattern.search(text)), None) or _first_line(error)


def _from_revert(what: str, data: bytes | None, message: str) -> ChainError:
    if data is not None:
        return revert_error(data)
    if _OUT_OF_GAS.search(message) and not is_no_ether(message):
        return GasLimitExceeded(what, GAS_LIMIT)
    if _REVERTED.search(message):
        return RevertedEmpty(what, message)
    return RateLimited(what, message) if is_busy(message) else NodeRefused(what, message)


def _data_of(data: Any) -> bytes | None:
    """The revert data in a node's error: a hex string, or (Ganache) a hex string inside an object."""
    if isinstance(data, dict):
        data = data.get("result") or data.get("data")
    if isinstance(data, str) and (found := _HEX_DATA.search(data)):
        digits = found.group()[2:]
        return bytes.fromhex(digits[: len(digits) // 2 * 2])
    return None


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
