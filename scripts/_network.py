"""Brownie's active network as PowerPact uses it: a URL and a key."""

import os

import brownie
from eth_account import Account

from powerpact.chain.connection import connect


def active_web3():
    """Connect PowerPact to the node that Brownie is connected to."""
    return connect(brownie.web3.provider.endpoint_uri)


def sending_account():
    """The account that sends: on a development network a new one with ether, else the one that is asked for.

    On a live network ``POWERPACT_ACCOUNT`` names an account of Brownie's own keystore.
    """
    if brownie.network.main.CONFIG.network_type == "development":
        made = brownie.accounts.add()
        brownie.accounts[0].transfer(made, "100 ether")
    else:
        made = brownie.accounts.load(os.environ["POWERPACT_ACCOUNT"])
    return Account.from_key(made.private_key)
