"""Rounds: the orders of a market as the chain has them, proposals of trades, and their proof."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.contracts.markets import market
from powerpact.chain.contracts.posted import ClaimedTrade, Exhibit, PostedRound, numbered
from powerpact.chain.transactions import Call
from powerpact.codec.eip712 import sign
from powerpact.codec.merkle import MerkleTree
from powerpact.codec.packing import trade_tree
from powerpact.market.orders import PackedOrder, id_text, parse_id
from powerpact.market.trades import Trade
from powerpact.mechanisms.registry import Claim, Claims

WORD: Final = 32
"""Bytes of a word."""


class ProposalStatus(IntEnum):
    """State of a proposal, as in IClearing."""

    NONE = 0
    DRAFT = 1
    ACTIVE = 2
    OUTRANKED = 3
    REFUTED = 4
    FINAL = 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the chain says about a proposal.

    Attributes
    ----------
    market : bytes
        Its market.
    agent : ChecksumAddress
        Who proposed.
    trade_count : int
        Number of trades.
    chunk_count : int
        Number of chunks of trades.
    proven_rows : int
        Orders of the round whose pairs are proven.
    objective : int
        Σ w·x over the trades, ppm (one-to-one) or ppm Wh (divisible).
    bound : int
        Σ u·c + Σ v·c; the proposal is exact if it equals the objective.
    last_link : int
        Where its last trade stands: sell id << 40 | buy id.
    bond_upoints : int
        What its agent holds ready, and loses when it is refuted.
    mechanism : int
        The number of its market's mechanism.
    has_prices : bool
        Whether it has public prices.
    final_from : int
        When an active proposal can be made final, Unix seconds.
    status : ProposalStatus
        State.
    sealed_in : int
        The block in which it was sealed last.
    """

    market: bytes
    agent: ChecksumAddress
    trade_count: int
    chunk_count: int
    proven_rows: int
    objective: int
    bound: int
    last_link: int
    bond_upoints: int
    mechanism: int
    has_prices: bool
    final_from: int
    status: ProposalStatus
    sealed_in: int

    @property
    def is_exact(self) -> bool:
        """Whether it claims that no matching is better."""
        return self.objective == self.bound


def read_round(chain: Chain, market_id: bytes) -> PostedRound:
    """Read a market's orders back from the chain; names that are no text are replaced.

    Raises
    ------
    NotOnChain
        If there is no such market.
    BadRules
        If its rules cannot be read even without their names.
    """
    with chain.reading():
        found = market(chain, market_id, leniently=True)
        events = chain.events("OrderBook", "OrdersPlaced", market=market_id)
        batches = tuple(tuple(PackedOrder(*words) for words in event.arguments["orders"]) for event in events)
        closed = closed_bits(chain, market_id, len(batches), "OrderCancelled", "OrderReleased")
    return PostedRound(found, batches, closed)


def size_of(chain: Chain, market_id: bytes) -> int:
    """Number of a market's orders by the length of their logs, which are not decoded."""
    topic = chain.interfaces["OrderBook"].events["OrdersPlaced"].topic
    entries = chain.log.entries(chain.address("OrderBook"), [topic, market_id])
    return sum(max(len(entry.data) - 2 * WORD, 0) // (len(PackedOrder._fields) * WORD) for entry in entries)


def closed_bits(chain: Chain, market_id: bytes, batches: int, *names: str) -> tuple[int, ...]:
    """For each batch of a market the bits of the orders that events of these names were about.

    Orders of batches that the logs do not have are left out: `complete` finds that they are missing.
    """
    closed = [0] * batches
    for event in chain.events("OrderBook", *names, market=market_id):
        id_ = event.arguments["id"]
        if id_ >> 8 < batches:
            closed[id_ >> 8] |= 1 << (id_ & 0xFF)
    return tuple(closed)


def clear(chain: Chain, posted: PostedRound, matches: Sequence[ClaimedTrade], prices: bytes = b"") -> Call:
    """Propose and prove a whole round; the contract takes at most `MAX_CHUNK` trades."""
    priced, links = numbered(matches)
    return chain.call(
        "clear", "Clearing", "clear", posted.market.id, posted.batches, priced, links, prices, items=posted.order_count
    )


def propose(
    chain: Chain,
    posted: PostedRound,
    matches: Sequence[ClaimedTrade],
    later: Sequence[ClaimedTrade] = (),
    *,
    prices: bytes = b"",
) -> Call:
    """Begin a proposal with its first trades and its public prices; `later` are the trades still to come."""
    chunk = posted.chunk(matches, later)
    return chain.call("propose", "Clearing", "propose", posted.market.id, *chunk, prices, items=len(matches))


def propose_batches(chain: Chain, posted: PostedRound, matches: Sequence[ClaimedTrade], prices: bytes = b"") -> Call:
    """Begin a proposal with all its trades, by whole batches instead of proofs; at most `MAX_CHUNK` trades."""
    priced, links = numbered(matches)
    needed = {id_ >> 8 for id_, _ in priced}
    batches = [batch if b in needed else () for b, batch in enumerate(posted.batches)]
    return chain.call(
        "propose", "Clearing", "proposeBatches", posted.market.id, batches, priced, links, prices, items=len(matches)
    )


def extend(
    chain: Chain,
    posted: PostedRound,
    proposal_id: int,
    matches: Sequence[ClaimedTrade],
    later: Sequence[ClaimedTrade] = (),
    earlier: Sequence[ClaimedTrade] = (),
    *,
    prices: bytes = b"",
) -> Call:
    """Add trades to the sender's proposal; `later` are those still to come, `earlier` those that it holds."""
    chunk = posted.chunk(matches, later, earlier)
    return chain.call("propose", "Clearing", "extend", proposal_id, *chunk, prices, items=len(matches))


def seal(
    chain: Chain,
    proposal_id: int,
    endorsers: Sequence[ChecksumAddress] = (),
    endorsements: Sequence[tuple[int, bytes]] = (),
) -> Call:
    """Put the sender's proposal up for challenges; `endorsements` are seats and signatures, by rising seat.

    If it has public prices, the orders that complete its certificate are shown.
    """
    state, shown, prices = proposal(chain, proposal_id), [], b""
    if state.has_prices:
        posted, chunks = read_round(chain, state.market), chunks_of(chain, proposal_id)
        claims = claims_of(chain, proposal_id, state)
        solution = posted.mechanism.solution_of(posted.round(), claims)
        trees, prices = trade_trees(chunks), claims.prices
        shown = [posted.exhibit(parse_id(id_), chunks, trees) for _, id_ in posted.mechanism.completing(solution)]
    support = list(endorsers), list(endorsements)
    return chain.call("seal", "Clearing", "seal", proposal_id, support, shown, prices)


def endorse(chain: Chain, account: LocalAccount, state: Proposal, chunks: Sequence[Sequence[Trade]]) -> bytes:
    """An endorser's signature of a proposal with these trades, which it has checked; 65 bytes."""
    message = {
        "market": state.market,
        "agent": state.agent,
        "trades": trades_hash(chunks),
        "objective": state.objective,
    }
    return sign(account, chain.domain("Clearing"), "Endorsement", message)


def challenge(chain: Chain, proposal_id: int, *shown: Exhibit, prices: bytes = b"") -> Call:
    """Refute an active proposal with its public prices by orders, a buy order first."""
    return chain.call("challenge", "Clearing", "challenge", proposal_id, list(shown), prices)


def finalize(chain: Chain, proposal_id: int) -> Call:
    """Make a proposal that stood its window final."""
    return chain.call("finalize", "Clearing", "finalize", proposal_id)


def prove(
    chain: Chain,
    proposal_id: int,
    orders: Sequence[Sequence[PackedOrder]],
    chunks: Sequence[Sequence[Trade]],
    first: int,
    rows: int,
    prices: bytes = b"",
) -> Call:
    """Prove the next rows of the sender's proposal, of which `first` are proven."""
    trades = [[trade.pack() for trade in chunk] for chunk in chunks]
    part = (trades_hash(chunks), first, rows)
    return chain.call("prove", "Clearing", "prove", proposal_id, orders, trades, part, prices, items=rows)


def proposal(chain: Chain, proposal_id: int) -> Proposal:
    """A proposal; its status is NONE if there is none with this id."""
    return proposals(chain, [proposal_id])[0]


def proposals(chain: Chain, ids: Sequence[int]) -> list[Proposal]:
    """Several proposals, in one request."""
    found = chain.read_all([("Clearing", "proposal", [id_]) for id_ in ids])
    return [Proposal(*(*values[:-2], ProposalStatus(values[-2]), values[-1])) for values in found]


def proposals_of(chain: Chain, market_id: bytes) -> list[tuple[int, ChecksumAddress]]:
    """Ids and agents of a market's proposals, oldest first."""
    events = chain.events("Clearing", "Proposed", market=market_id)
    return [(event.arguments["proposal"], event.arguments["agent"]) for event in events]


def final_of(chain: Chain, market_id: bytes) -> int:
    """Id of the market's final proposal, 0 if there is none."""
    found = chain.events("Clearing", "RoundFinalized", market=market_id)
    return int(found[0].arguments["proposal"]) if found else 0


def final_by(chain: Chain, market_id: bytes) -> int:
    """The last moment for proposals of a market, extensions after refutations included, Unix seconds."""
    return int(chain.read("Clearing", "finalByOf", market_id))


def put_off_to(chain: Chain, market_id: bytes) -> int:
    """To when refutations put off the last moment for proposals, as announced, Unix seconds; 0 if none did."""
    events = chain.events("Clearing", "ProposalsExtended", market=market_id)
    return int(events[-1].arguments["finalBy"]) if events else 0


def active_of(chain: Chain, market_id: bytes) -> int:
    """Id of the market's active proposal, 0 if there is none."""
    with chain.reading():
        if not chain.events("Clearing", "ProposalSealed", market=market_id):
            return 0
    return int(chain.read("Clearing", "activeOf", market_id))


def chunks_of(chain: Chain, proposal_id: int) -> list[tuple[Trade, ...]]:
    """The trades of a proposal, chunk by chunk, as announced."""
    events = chain.events("Clearing", "TradesProposed", proposal=proposal_id)
    return [tuple(Trade.unpack(trade) for trade in event.arguments["trades"]) for event in events]


def prices_of(chain: Chain, proposal_id: int) -> bytes:
    """The public prices of a proposal, as announced; empty if it has none."""
    events = chain.events("Clearing", "PricesProposed", proposal=proposal_id)
    return bytes(events[0].arguments["prices"]) if events else b""


def claims_of(chain: Chain, proposal_id: int, state: Proposal) -> Claims:
    """What a proposal in this state states, for its mechanism."""
    chunks = chunks_of(chain, proposal_id)
    return stated(state.objective, chunks, prices_of(chain, proposal_id) if state.has_prices else b"")


def stated(objective: int, chunks: Iterable[Sequence[Trade]], prices: bytes) -> Claims:
    """What these trades and public prices state, for their mechanism."""
    trades = (
        Claim(
            id_text(trade.buy_id), id_text(trade.sell_id), trade.energy_wh, trade.buyer_dual_ppm, trade.seller_dual_ppm
        )
        for chunk in chunks
        for trade in chunk
    )
    return Claims(objective, tuple(trades), prices)


def trades_hash(chunks: Sequence[Sequence[Trade]]) -> bytes:
    """What a proposal with these trades is known by: the hash of its chunks' roots."""
    return hash_of_roots(trade_trees(chunks))


def hash_of_roots(trees: Iterable[MerkleTree]) -> bytes:
    """`trades_hash`, from the trees of the chunks."""
    return keccak(b"".join(tree.root for tree in trees))


def trade_trees(chunks: Sequence[Sequence[Trade]]) -> list[MerkleTree]:
    """The tree of each chunk."""
    return [trade_tree(chunk) for chunk in chunks]
