"""Cyclic redundancy checks of 16 bits, least significant bit first."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

ARC_POLYNOMIAL: Final = 0xA001
X25_POLYNOMIAL: Final = 0x8408


def crc16_arc(data: bytes) -> int:
    """CRC-16/ARC: x¹⁶ + x¹⁵ + x² + 1, starting with 0.

    Examples
    --------
    >>> hex(crc16_arc(b"123456789"))
    '0xbb3d'
    """
    return _crc(data, 0, ARC_POLYNOMIAL)


def crc16_x25(data: bytes) -> int:
    """CRC-16/X.25: x¹⁶ + x¹² + x⁵ + 1, starting with ones, inverted.

    Examples
    --------
    >>> hex(crc16_x25(b"123456789"))
    '0x906e'
    """
    return _crc(data, 0xFFFF, X25_POLYNOMIAL) ^ 0xFFFF


def _crc(data: bytes, register: int, polynomial: int) -> int:
    steps = _table(polynomial)
    for byte in data:
        register = register >> 8 ^ steps[(register ^ byte) & 0xFF]
    return register


@cache
def _table(polynomial: int) -> Sequence[int]:
    """What each byte does to the register."""
    steps = []
    for byte in range(256):
        register = byte
        for _ in range(8):
            register = register >> 1 ^ (polynomial if register & 1 else 0)
        steps.append(register)
    return steps
