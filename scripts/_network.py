"""Brownie's active network as PowerPact uses it: a URL and a key."""

import os
from pathlib import Path

import brownie
from eth_account import Account

from powerpact.chain.artifacts import CONTRACTS
from powerpact.chain.connection import connect
from powerpact.chain.deployment import DEFAULT_FILE


def active_web3():
    """Connect PowerPact to the node that Brownie is connected to."""
    return connect(brownie.web3.provider.endpoint_uri)


def is_throwaway():
    """Whether the active network is a development chain, which ends with Brownie."""
    return brownie.network.main.CONFIG.network_type == "development"


def deployment_file():
    """Where the deployment file is by default; one of a chain that ends with Brownie never meets one that lasts."""
    return Path("reports/throwaway.deployment.json") if is_throwaway() else DEFAULT_FILE


def sending_account():
    """The account that sends: on a development network a new one with ether, else the one that is asked for.

    On a live network ``POWERPACT_ACCOUNT`` names an account of Brownie's own keystore.
    """
    if is_throwaway():
        made = brownie.accounts.add()
        brownie.accounts[0].transfer(made, "100 ether")
    else:
        made = brownie.accounts.load(os.environ["POWERPACT_ACCOUNT"])
    return Account.from_key(made.private_key)


def known_to_brownie(deployment):
    """Give the contracts of a deployment to Brownie's containers, so that `OrderBook[-1]` is the one deployed last.

    Without a project of Brownie's that has them, nothing happens.
    """
    contracts = [
        (getattr(project, name), deployment.addresses[name])
        for project in brownie.project.get_loaded_projects()
        for name in CONTRACTS
        if hasattr(project, name)
    ]
    return [container.at(address) for container, address in contracts]
