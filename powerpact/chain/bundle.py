"""Several reads in one request: a program that makes the calls, which the node runs without putting it on the chain.

``eth_call`` without a receiver runs its data as the creation of a contract and gives back what that would store. The
program makes each call and stores all answers one after another: a word that says whether it succeeded, a word with the
length of the answer, and the answer. All are of one state.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from eth_typing import ChecksumAddress

MOST_ANSWER_BYTES: Final = 20_000
"""Answers in one program; a contract's code has at most 24 576 bytes (EIP-170)."""

MOST_CODE_BYTES: Final = 40_000
"""Length of one program; it may have 49 152 bytes (EIP-3860)."""

_CALL_BYTES: Final = 64
"""More than the instructions of one call."""

_HEAD_BYTES: Final = 64


@dataclass(frozen=True, slots=True)
class Read:
    """A call of a view function.

    Attributes
    ----------
    to : ChecksumAddress
        The contract.
    data : bytes
        Calldata.
    answer_bytes : int
        Length of the answer, or a bound on it.
    """

    to: ChecksumAddress
    data: bytes
    answer_bytes: int


def pieces(reads: Sequence[Read]) -> Iterator[Sequence[Read]]:
    """Cut reads into as few programs as their bounds allow."""
    first, code, answers = 0, 0, 0
    for k, read in enumerate(reads):
        more_code, more_answers = _CALL_BYTES + len(read.data), _HEAD_BYTES + read.answer_bytes
        if k > first and (code + more_code > MOST_CODE_BYTES or answers + more_answers > MOST_ANSWER_BYTES):
            yield reads[first:k]
            first, code, answers = k, 0, 0
        code, answers = code + more_code, answers + more_answers
    if first < len(reads):
        yield reads[first:]


def program(reads: Sequence[Read]) -> bytes:
    """The program that makes the calls.

    The stack holds one word between calls: where in memory the next answer goes. A call's data is copied there first,
    from behind the instructions, and overwritten by the answer.
    """
    length = sum(len(_instructions(read, 0)) for read in reads) + len(_START) + len(_END)
    code, data = [_START], []
    for read in reads:
        code.append(_instructions(read, length))
        data.append(read.data)
        length += len(read.data)
    return b"".join([*code, _END, *data])


def answers(stored: bytes) -> list[tuple[bool, bytes]]:
    """What the calls answered: whether each succeeded, and its answer or revert data."""
    found, at = [], 0
    while at < len(stored):
        is_done, size = any(stored[at : at + 32]), int.from_bytes(stored[at + 32 : at + 64], "big")
        found.append((is_done, stored[at + _HEAD_BYTES : at + _HEAD_BYTES + size]))
        at += _HEAD_BYTES + size
    return found


_START: Final = bytes.fromhex("6000")  # PUSH1 0: answers begin at the start of memory
_END: Final = bytes.fromhex("6000f3")  # PUSH1 0, RETURN: store everything before the end of the last answer


def _instructions(read: Read, data_at: int) -> bytes:
    """Make one call; `p` is where its answer goes, on top of the stack before and after."""
    size = b"\x61" + len(read.data).to_bytes(2, "big")  # PUSH2 size
    return b"".join(
        [
            size,
            b"\x62" + data_at.to_bytes(3, "big"),  # PUSH3 where the calldata is
            b"\x82\x39",  # DUP3, CODECOPY: calldata to p
            b"\x60\x00\x60\x00",  # PUSH1 0, PUSH1 0: nothing is returned into memory
            size,
            b"\x83",  # DUP4: p
            b"\x73" + bytes.fromhex(read.to[2:]),  # PUSH20 the contract
            b"\x5a\xfa",  # GAS, STATICCALL
            b"\x81\x52",  # DUP2, MSTORE: whether it succeeded, at p
            b"\x3d\x81\x60\x20\x01\x52",  # RETURNDATASIZE, DUP2, PUSH1 32, ADD, MSTORE: the length, at p + 32
            b"\x3d\x60\x00\x82\x60\x40\x01\x3e",  # RETURNDATASIZE, PUSH1 0, DUP3, PUSH1 64, ADD, RETURNDATACOPY
            b"\x3d\x01\x60\x40\x01",  # RETURNDATASIZE, ADD, PUSH1 64, ADD: the next p
        ]
    )
