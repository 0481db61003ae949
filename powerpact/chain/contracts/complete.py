"""Whether the logs say all that the contracts know: compared before anything is concluded from them.

A market's orders and a proposal's trades are in logs alone; the contracts keep their number and their Merkle roots. A
machine behind the node's address that lags, or has lost logs, gives less than there is without a word. Whoever judges,
signs, proposes or counts on what the logs say rebuilds the roots first, on the state of the same block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from powerpact.chain.client import Chain
from powerpact.chain.contracts import rounds
from powerpact.chain.contracts.posted import PostedRound
from powerpact.chain.contracts.rounds import Proposal
from powerpact.chain.errors import NotOnChain
from powerpact.chain.node_errors import LogsIncomplete
from powerpact.codec.merkle import MerkleTree
from powerpact.market.trades import Trade

T = TypeVar("T")


@dataclass(frozen=True)
class Announced:
    """A proposal as the logs have it, with what the contract says about it.

    Attributes
    ----------
    id : int
        The proposal.
    state : Proposal
        What the contract says.
    chunks : list of tuple of Trade
        Its trades, chunk by chunk.
    prices : bytes
        Its public prices, if it has some.
    """

    id: int
    state: Proposal
    chunks: list[tuple[Trade, ...]]
    prices: bytes = b""

    @cached_property
    def trees(self) -> list[MerkleTree]:
        """The Merkle tree of each chunk."""
        return rounds.trade_trees(self.chunks)

    @cached_property
    def trades_hash(self) -> bytes:
        """What its trades are known by, 32 bytes."""
        return rounds.hash_of_roots(self.trees)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A question to a contract, and the answer that the logs make."""

    contract: str
    function: str
    arguments: tuple[Any, ...]
    expected: Any
    what: str
    since: int

    def check(self, answer: Any) -> None:
        """Raise LogsIncomplete if the contract answers otherwise."""
        if answer != self.expected:
            raise LogsIncomplete(
                self.what, f"{self.function} is {_shown(answer)}, the logs make {_shown(self.expected)}", self.since
            )


def whole(chain: Chain, question: Callable[[], T]) -> T:
    """Ask a question whose answer must be complete, as of one block; once more if logs are missing.

    Parameters
    ----------
    chain : Chain
        The deployment. Outside of `Chain.reading`: inside it no later block is seen.
    question : callable
        Asks, compares, and raises LogsIncomplete if something is missing.

    Raises
    ------
    LogsIncomplete
        If logs are missing after they were read again.
    """
    for is_last in (False, True):
        try:
            with chain.reading(state_too=True):
                return question()
        except LogsIncomplete as error:
            # Also before it is told: the next question must not find what was missing kept.
            chain.log.reread(error.since)
            if is_last:
                raise
    raise AssertionError("unreachable")


def announced(chain: Chain, proposal_id: int, state: Proposal) -> Announced:
    """A proposal in this state as the logs have it."""
    prices = rounds.prices_of(chain, proposal_id) if state.has_prices else b""
    return Announced(proposal_id, state, rounds.chunks_of(chain, proposal_id), prices)


def require(
    chain: Chain, comparisons: Iterable[Comparison], reads: Sequence[tuple[str, str, Sequence[Any]]] = ()
) -> list[Any]:
    """Compare with the contracts, in one request for some hundred comparisons.

    Parameters
    ----------
    chain : Chain
        The deployment.
    comparisons : iterable of Comparison
        What must hold.
    reads : sequence of tuple
        What else is asked in the same request, as `Chain.read_all` takes it.

    Returns
    -------
    list
        The answers to `reads`.

    Raises
    ------
    LogsIncomplete
        For the first that differs.
    """
    asked = list(comparisons)
    answers = chain.read_all([*((one.contract, one.function, one.arguments) for one in asked), *reads])
    for one, answer in zip(asked, answers, strict=False):
        one.check(answer)
    return answers[len(asked) :]


def orders_of(posted: PostedRound) -> list[Comparison]:
    """The number of a market's batches, the root of each, and which of its orders are closed."""
    market = posted.market
    what = f"the orders of market 0x{market.id.hex()[:8]}"
    found = [Comparison("Markets", "batchCount", (market.id,), len(posted.batches), what, market.block)]
    for batch, closed in enumerate(posted.closed):
        state = posted.tree(batch).root, closed
        found.append(Comparison("OrderBook", "batchState", (market.id, batch), state, what, market.block))
    return found


def trades_of(proposal: Announced, since: int) -> list[Comparison]:
    """The trades of a proposal whose market was opened in the block `since`.

    Raises
    ------
    LogsIncomplete
        If it has public prices and the logs do not.
    """
    what = f"proposal {proposal.id}"
    if proposal.state.has_prices and not proposal.prices:
        raise LogsIncomplete(what, "it has public prices, the logs have none", since)
    counted = sum(map(len, proposal.chunks))
    if (len(proposal.chunks), counted) != (proposal.state.chunk_count, proposal.state.trade_count):
        detail = f"it has {proposal.state.trade_count} trades, the logs have {counted}"
        raise LogsIncomplete(what, detail, since)
    return [_known_by(proposal.id, proposal.trades_hash, since)]


def hash_of(proposal_id: int, chunks: Sequence[Sequence[Trade]], since: int) -> Comparison:
    """The hash of the roots of a proposal's chunks."""
    return _known_by(proposal_id, rounds.trades_hash(chunks), since)


def _known_by(proposal_id: int, trades: bytes, since: int) -> Comparison:
    return Comparison("Clearing", "tradesHash", (proposal_id,), trades, f"proposal {proposal_id}", since)


def readings(chain: Chain) -> Comparison:
    """The number of batches of readings."""
    count = chain.count_events("Metering", "ReadingsReported")
    return Comparison("Metering", "batchCount", (), count, "the readings", chain.deployment.block)


def proposals(chain: Chain) -> Comparison:
    """The number of proposals."""
    count = chain.count_events("Clearing", "Proposed")
    return Comparison("Clearing", "proposalCount", (), count, "the proposals", chain.deployment.block)


def result_of(market_id: bytes, final: int, since: int) -> Comparison:
    """The final proposal of a market that was opened in the block `since`; 0 for none."""
    what = f"the result of market 0x{market_id.hex()[:8]}"
    return Comparison("Clearing", "finalOf", (market_id,), final, what, since)


def known_market(chain: Chain, market_id: bytes) -> PostedRound:
    """The orders of a market that a proposal names, so that it must be in the logs.

    Raises
    ------
    LogsIncomplete
        If it is not.
    """
    try:
        return rounds.read_round(chain, market_id)
    except NotOnChain as error:
        what = f"market 0x{market_id.hex()[:8]}"
        raise LogsIncomplete(what, "a proposal names it", chain.deployment.block) from error


def posted_and_announced(chain: Chain, proposal_id: int, state: Proposal) -> tuple[PostedRound, Announced]:
    """The orders of a proposal's round, and the proposal in this state: all of both. Inside of `whole`.

    Raises
    ------
    LogsIncomplete
        If the logs lack orders or trades.
    """
    posted = known_market(chain, state.market)
    proposal = announced(chain, proposal_id, state)
    require(chain, [*orders_of(posted), *trades_of(proposal, posted.market.block)])
    return posted, proposal


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    return str(tuple(map(_shown, value))) if isinstance(value, tuple | list) else str(value)
