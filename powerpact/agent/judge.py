"""Find the orders that refute a proposal, in bounded time.

A small round is judged here. Anyone can fill a market with orders, so a large one is judged in a process of its own,
which is stopped when its time is over: it must not keep the watcher from the other markets.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

from powerpact.agent.errors import JudgementTooLong
from powerpact.chain.contracts import rounds
from powerpact.chain.contracts.posted import PostedRound
from powerpact.market.orders import parse_id
from powerpact.market.trades import Trade

SMALL: Final = 20_000
"""Orders and trades that are judged without a process of their own."""

MOST_SECONDS: Final = 120.0
"""How long one judgement may take, s."""


def refuting_orders(posted: PostedRound, chunks: Sequence[Sequence[Trade]], prices: bytes) -> tuple[int, ...] | None:
    """The orders that refute the proposal with these chunks and public prices, None if none do.

    A matching is refuted by a pair with u + v < w, the buy order first, an auction by one order.
    """
    shown = posted.mechanism.refuting(posted.round(), rounds.stated(0, chunks, prices))
    return None if shown is None else tuple(parse_id(id_) for _, id_ in shown)


def is_large(posted: PostedRound, chunks: Sequence[Sequence[Trade]]) -> bool:
    """Whether a proposal is judged in a process of its own."""
    return posted.order_count + sum(map(len, chunks)) > SMALL


def judge(
    posted: PostedRound, chunks: Sequence[Sequence[Trade]], prices: bytes, *, most_s: float = MOST_SECONDS
) -> tuple[int, ...] | None:
    """`refuting_orders`, in a process of its own if the round is large.

    Raises
    ------
    JudgementTooLong
        If it took longer than `most_s` seconds.
    """
    if not is_large(posted, chunks):
        return refuting_orders(posted, chunks, prices)
    question = pickle.dumps((PostedRound(posted.market, posted.batches, posted.closed), chunks, prices))
    command = [sys.executable, "-m", "powerpact.agent.judge"]
    try:
        done = subprocess.run(command, input=question, stdout=subprocess.PIPE, timeout=most_s, check=True)
    except subprocess.TimeoutExpired as error:
        raise JudgementTooLong(posted.market.id, posted.order_count, most_s) from error
    answer: Any = pickle.loads(done.stdout)  # what this program wrote itself
    if isinstance(answer, Exception):
        raise answer
    found: tuple[int, ...] | None = answer
    return found


def main() -> None:
    """Answer the question on standard input."""
    answer: Any
    try:
        answer = refuting_orders(*pickle.loads(sys.stdin.buffer.read()))
    except Exception as error:  # handed on to the program that asks
        answer = RuntimeError(f"{type(error).__name__}: {error}")
    sys.stdout.buffer.write(pickle.dumps(answer))


if __name__ == "__main__":
    main()
