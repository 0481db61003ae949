"""Transactions that were mined and left the chain: sent again as they were signed."""

from __future__ import annotations

from hexbytes import HexBytes

from powerpact.chain.connection import translated
from powerpact.chain.errors import NodeRefused
from powerpact.chain.outbox import Outgoing, OutgoingState
from powerpact.chain.refusals import is_known
from powerpact.chain.transactions import Sender


def restore(sender: Sender) -> list[Outgoing]:
    """Send again what the account had in the chain beyond its present number of transactions, lowest nonces first.

    Most nodes put such transactions back into their pool themselves; one that was killed, or dropped them, does not.
    Signed anew they could be mined twice; as they were signed they cannot, and later ones need not wait for a nonce
    that nobody uses. The sender's next turn waits for them.

    Returns
    -------
    list of Outgoing
        What the node has now. The rest is marked as lost: another transaction has its nonce, or the account cannot pay.

    Raises
    ------
    ChainUnreachable
        If the node does not answer.
    """
    outbox, again = sender.outbox, list[Outgoing]()
    if outbox is None:
        return again
    count = sender.nonces.count("latest")
    sender.nonces.forget()
    for outgoing in outbox.mined_from(sender.address, count):
        try:
            with translated(sender.web3, "the transaction"):
                sender.web3.eth.send_raw_transaction(HexBytes(outgoing.raw))
        except NodeRefused as error:
            if not is_known(error.reason):
                outbox.mark(outgoing.hash, OutgoingState.LOST)
                continue
        outbox.mark(outgoing.hash, OutgoingState.SENT)
        again.append(outgoing)
    return again
