"""Power points and the accounts: issue, redeem, deposit, withdraw, look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.transactions import Call
from powerpact.codec.eip712 import sign

PERMIT_S: Final = 3_600
"""How long a permit for a deposit holds, s."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """A trader's points in custody.

    Attributes
    ----------
    free_upoints : int
        Can be withdrawn or reserved.
    held_upoints : int
        Reserved for orders, locked in trades, or the bond of an active proposal.
    """

    free_upoints: int
    held_upoints: int


def reference(text: str) -> bytes:
    """A deposit's or bill's reference as 32 bytes: the hash of its text."""
    return keccak(text=text)


def mint(chain: Chain, to: ChecksumAddress, upoints: int, deposit: bytes) -> Call:
    """Issue points against a deposit; the utility's call."""
    return chain.call("issue points", "PowerPoints", "mint", to, upoints, deposit)


def transfer(chain: Chain, to: ChecksumAddress, upoints: int) -> Call:
    """Give points of the sender, outside custody, to another account."""
    return chain.call("transfer points", "PowerPoints", "transfer", to, upoints)


def redeem(chain: Chain, upoints: int, bill: bytes) -> Call:
    """Pay an electricity charge with the sender's points."""
    return chain.call("redeem points", "PowerPoints", "redeem", upoints, bill)


def deposit(
    chain: Chain, account: LocalAccount, upoints: int, *, nonce: int | None = None, deadline: int | None = None
) -> Call:
    """Move points of the account into its wallet, with a permit (ERC-2612) instead of an approval.

    Parameters
    ----------
    chain : Chain
        The deployment.
    account : LocalAccount
        Whose points they are.
    upoints : int
        How many, micro-points.
    nonce : int, optional
        The account's next permit nonce; by default the token is asked, as `permit_nonces` does for many.
    deadline : int, optional
        Until when the permit holds, Unix seconds; by default `PERMIT_S` from now.
    """
    owner: ChecksumAddress = account.address
    deadline = chain.now() + PERMIT_S if deadline is None else deadline
    permit = {
        "owner": owner,
        "spender": chain.address("Accounts"),
        "value": upoints,
        "nonce": permit_nonces(chain, [owner])[0] if nonce is None else nonce,
        "deadline": deadline,
    }
    signature = sign(account, chain.domain("PowerPoints"), "Permit", permit)
    r, s, v = signature[:32], signature[32:64], signature[64]
    call = chain.call("deposit", "Accounts", "depositWithPermit", upoints, deadline, v, r, s)
    return replace(call, intent=f"deposit {upoints}".encode())  # permit and deadline differ each time


def withdraw(chain: Chain, upoints: int, to: ChecksumAddress) -> Call:
    """Move free points of the sender out."""
    return chain.call("withdraw", "Accounts", "withdraw", upoints, to)


def permit_nonces(chain: Chain, owners: Sequence[ChecksumAddress]) -> list[int]:
    """The next permit nonce of each account, in one request."""
    return chain.read_all([("PowerPoints", "nonces", [owner]) for owner in owners])


def balance_of(chain: Chain, account: ChecksumAddress) -> int:
    """Points of an account outside custody, micro-points."""
    return int(chain.read("PowerPoints", "balanceOf", account))


def wallet_of(chain: Chain, trader: ChecksumAddress) -> Wallet:
    """A trader's points in custody."""
    return wallets_of(chain, [trader])[0]


def wallets_of(chain: Chain, traders: Sequence[ChecksumAddress]) -> list[Wallet]:
    """The points in custody of several traders, in one request."""
    found = chain.read_all([("Accounts", "walletOf", [trader]) for trader in traders])
    return [Wallet(free_upoints, held_upoints) for free_upoints, held_upoints, _ in found]


def reliability_of(chain: Chain, seller: ChecksumAddress) -> tuple[int, int]:
    """Energy delivered of energy promised, ppm, and the number of settled trades."""
    reliability_ppm, trades = chain.read("Accounts", "reliabilityOf", seller)
    return reliability_ppm, trades
