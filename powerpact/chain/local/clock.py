"""The time and the ether of a development chain."""

from __future__ import annotations

from collections.abc import Iterable

from eth_typing import ChecksumAddress
from web3 import Web3
from web3.types import RPCEndpoint, TxParams

from powerpact.chain.connection import translated
from powerpact.chain.errors import NodeRefused


class ChainClock:
    """Moves the time of a development chain forwards.

    Parameters
    ----------
    web3 : Web3
        Connection to Anvil, Ganache or another node that has ``evm_increaseTime``.
    """

    def __init__(self, web3: Web3) -> None:
        self.web3 = web3

    def now(self) -> int:
        """Time of the latest block, Unix seconds."""
        with translated(self.web3, "the latest block"):
            return int(self.web3.eth.get_block("latest")["timestamp"])

    def advance_to(self, time_s: int) -> None:
        """Mine a block at this time or, by the seconds that the node's own clock runs ahead, a little later.

        Raises
        ------
        NodeRefused
            If the node's time cannot be moved.
        """
        ahead_s = time_s - self.now()
        if ahead_s > 0:
            request(self.web3, "evm_increaseTime", ahead_s)
            request(self.web3, "evm_mine")


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
        unlocked = web3.eth.accounts
        if not unlocked:
            raise NodeRefused("ether", "the node holds no keys of its own")
        for account in accounts:
            params: TxParams = {"from": unlocked[0], "to": account, "value": Web3.to_wei(wei, "wei")}
            web3.eth.wait_for_transaction_receipt(web3.eth.send_transaction(params), poll_latency=0.01)
