"""The time and the ether of a development chain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from eth_typing import ChecksumAddress, HexStr
from web3 import Web3
from web3.types import RPCEndpoint

from powerpact.chain.connection import ask, translated
from powerpact.chain.errors import NodeRefused

TRANSFER_GAS: Final = 21_000
"""Gas of a transfer of ether to an account without code."""


class ChainClock:
    """Moves the time of a development chain forwards.

    Parameters
    ----------
    web3 : Web3
        Connection to Anvil, Ganache or another node whose ``evm_mine`` takes a time.
    """

    def __init__(self, web3: Web3) -> None:
        self.web3 = web3
        self._refuses_the_past: bool | None = None

    def now(self) -> int:
        """Time of the latest block, Unix seconds."""
        with translated(self.web3, "the latest block"):
            return int(self.web3.eth.get_block("latest")["timestamp"])

    def advance_to(self, time_s: int) -> None:
        """Mine a block at this time, unless it is past; the node's clock continues from there.

        Raises
        ------
        NodeRefused
            If the node's time cannot be moved.
        """
        if self._refuses_the_past is None:
            version = ask(self.web3, "the node's version", "web3_clientVersion")
            self._refuses_the_past = str(version).lower().startswith("anvil")
        if not self._refuses_the_past and time_s <= self.now():
            return
        try:
            request(self.web3, "evm_mine", time_s)
        except NodeRefused:
            if time_s > self.now():
                raise


def request(web3: Web3, method: str, *parameters: object) -> object:
    """Ask a development node for something beyond the standard methods.

    Raises
    ------
    NodeRefused
        If it does not know the method or refuses.
    """
    with translated(web3, method):
        answer = web3.provider.make_request(RPCEndpoint(method), list(parameters))
    if "error" in answer:
        raise NodeRefused(method, str(answer["error"]))
    return answer.get("result")


def fund(web3: Web3, accounts: Iterable[ChecksumAddress], wei: int) -> None:
    """Send ether from a development node's first account, whose key the node holds, to each account.

    Raises
    ------
    NodeRefused
        If the node holds no keys.
    """
    with translated(web3, "ether"):
        unlocked, price_wei = web3.eth.accounts, web3.eth.gas_price
    if not unlocked:
        raise NodeRefused("ether", "the node holds no keys of its own")
    terms = {"from": unlocked[0], "value": hex(wei), "gas": hex(TRANSFER_GAS), "gasPrice": hex(2 * price_wei)}
    sent = [request(web3, "eth_sendTransaction", {**terms, "to": account}) for account in accounts]
    if sent:  # the account's transactions are mined in their order
        with translated(web3, "ether"):
            web3.eth.wait_for_transaction_receipt(HexStr(str(sent[-1])), poll_latency=0.01)
