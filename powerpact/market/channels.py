"""Payment channels as two parties sign them (interfaces/settlement/IMeteredChannels.sol, IMutualChannels.sol).

In a *metered* channel one pays another for readings, by vouchers over all that is owed so far; in a *mutual* one two
pay each other, by states that both sign. Money is in micro-points throughout.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from eth_typing import ChecksumAddress

from powerpact.units import value_down_upoints

NOBODY: Final = ChecksumAddress("0x" + "00" * 20)  # type: ignore[arg-type]

LEAST_WINDOW_S: Final = 600
"""The shortest time to answer, s."""

MOST_WINDOW_S: Final = 30 * 86_400
"""The longest, s."""

MOST_VERSION: Final = (1 << 64) - 2
"""The highest version that the contract takes."""

MOST_STEP: Final = 1 << 20
"""By how much a version or a number may exceed the last one: nobody can use all of them up at once."""

BASE: Final = 1
"""The version of what is locked when a mutual channel is opened."""


class MeteredTerms(NamedTuple):
    """What a metered channel is.

    Attributes
    ----------
    payer, receiver : ChecksumAddress
        Who signs vouchers, and who is paid.
    device : int
        The device whose readings are paid for,
    price_upoints_per_kwh : int
        at this price for its export.
    notice_s : int
        How long the receiver can claim after the payer gave notice, s.
    serial : int
        Tells channels of equal terms apart; below 2^64.
    """

    payer: ChecksumAddress
    receiver: ChecksumAddress
    device: int
    price_upoints_per_kwh: int
    notice_s: int
    serial: int

    def value_upoints(self, exported_wh: int) -> int:
        """What a reading's export is worth, rounded down.

        Examples
        --------
        >>> MeteredTerms(NOBODY, NOBODY, 7, 90_001, 600, 0).value_upoints(1_500)
        135001
        """
        return value_down_upoints(exported_wh, self.price_upoints_per_kwh)


class Voucher(NamedTuple):
    """What a payer signs for a reading.

    Attributes
    ----------
    number : int
        How many vouchers of the channel it signed before.
    total_upoints : int
        All that the receiver has earned since the channel was opened.
    reading : bytes
        Hash of the reading that is paid for last, as EIP-712 hashes it, 32 bytes.
    """

    number: int
    total_upoints: int
    reading: bytes

    def message(self, channel: bytes) -> dict[str, Any]:
        """The members of the signed type ``Voucher``."""
        return {"channel": channel, "number": self.number, "total": self.total_upoints, "reading": self.reading}


NO_VOUCHER: Final = Voucher(0, 0, bytes(32))
"""In the place of a voucher where there is none."""


class MutualTerms(NamedTuple):
    """What a mutual channel is.

    Attributes
    ----------
    one, other : ChecksumAddress
        The parties.
    window_s : int
        How long a newer state can be shown after one of them asked to close, s.
    serial : int
        Tells channels of equal terms apart; below 2^64.
    """

    one: ChecksumAddress
    other: ChecksumAddress
    window_s: int
    serial: int


class ChannelState(NamedTuple):
    """What is whose in a mutual channel; both sign it.

    Attributes
    ----------
    version : int
        The higher one counts.
    to_one_upoints, to_other_upoints : int
        What each would get if the channel ended now.
    from_one_upoints, from_other_upoints : int
        What both knew to be locked for each; the sums are equal.
    tower : ChecksumAddress
        Who is rewarded for showing this state; `NOBODY` if nobody is.
    reward_upoints : int
        How much, out of the part of who closed with an older one.
    """

    version: int
    to_one_upoints: int
    to_other_upoints: int
    from_one_upoints: int
    from_other_upoints: int
    tower: ChecksumAddress = NOBODY
    reward_upoints: int = 0

    def message(self, channel: bytes) -> dict[str, Any]:
        """The members of the signed type ``ChannelState``."""
        return {
            "channel": channel,
            "version": self.version,
            "toOne": self.to_one_upoints,
            "toOther": self.to_other_upoints,
            "fromOne": self.from_one_upoints,
            "fromOther": self.from_other_upoints,
            "tower": self.tower,
            "reward": self.reward_upoints,
        }


class ChannelChange(NamedTuple):
    """What both sign in order to have points out of a mutual channel, or to close it at once.

    Attributes
    ----------
    version : int
        States up to this one do not count any more.
    left_one_upoints, left_other_upoints : int
        What is locked for each from then on; both 0: the channel is closed.
    out_one_upoints, out_other_upoints : int
        What each gets at once.
    expiry : int
        The last second in which it is taken, Unix seconds.
    """

    version: int
    left_one_upoints: int
    left_other_upoints: int
    out_one_upoints: int
    out_other_upoints: int
    expiry: int

    def message(self, channel: bytes) -> dict[str, Any]:
        """The members of the signed type ``ChannelChange``."""
        return {
            "channel": channel,
            "version": self.version,
            "leftOne": self.left_one_upoints,
            "leftOther": self.left_other_upoints,
            "outOne": self.out_one_upoints,
            "outOther": self.out_other_upoints,
            "expiry": self.expiry,
        }
