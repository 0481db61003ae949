"""Anvil answers a sent transaction before it is mined; Brownie then waits a whole second, or believes it lost."""

from __future__ import annotations

import time
from typing import Any

from web3.middleware import Web3Middleware

PATIENCE_S = 10.0


class MinedOnReturn(Web3Middleware):
    """Let the sending of a transaction return only once its receipt is there."""

    def wrap_make_request(self, make_request: Any) -> Any:
        def middleware(method: Any, params: Any) -> Any:
            response = make_request(method, params)
            if method in ("eth_sendTransaction", "eth_sendRawTransaction") and "result" in response:
                deadline = time.monotonic() + PATIENCE_S
                while make_request("eth_getTransactionReceipt", [response["result"]])["result"] is None:
                    if time.monotonic() > deadline:
                        break
                    time.sleep(0.001)
            return response

        return middleware


def mine_at(web3: Any, time_s: int) -> None:
    """Mine a block at exactly this time, Unix seconds."""
    for method, arguments in (("evm_setNextBlockTimestamp", [time_s]), ("evm_mine", [])):
        answer = web3.provider.make_request(method, arguments)
        assert "error" not in answer, answer


def reach(web3: Any, time_s: int) -> None:
    """Mine a block at this time, Unix seconds, unless the latest block is as late already."""
    if web3.eth.get_block("latest")["timestamp"] < time_s:
        mine_at(web3, time_s)


def later(chain: Any, seconds: int) -> None:
    """Mine a block so many seconds after the latest one, whatever Brownie's own clock says after going back."""
    import brownie

    mine_at(brownie.web3, chain[-1].timestamp + seconds)
