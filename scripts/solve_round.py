"""Be the agent of one round on Brownie's active network: ``brownie run solve_round main MARKET``."""

from pathlib import Path

from powerpact.agent import Agent
from powerpact.chain.deployment import Deployment, verify
from powerpact.index import attach
from scripts._network import active_web3, deployment_file, known_to_brownie, sending_account


def main(market, file=None):
    """Read a closed round from the chain, solve it, and prove it.

    Parameters
    ----------
    market : str
        Id of the market, hexadecimal.
    file : path-like, optional
        The deployment file; by default the one that ``brownie run deploy`` writes.
    """
    web3, deployment = active_web3(), Deployment.load(Path(file or deployment_file()))
    verify(web3, deployment)
    known_to_brownie(deployment)
    chain = attach(web3, deployment)
    agent = Agent(chain, chain.sender(sending_account()), print)
    cleared = agent.clear(bytes.fromhex(market.removeprefix("0x")))
    print(f"proposal {cleared.proposal}: {cleared.status.name.lower()}")
    return cleared
