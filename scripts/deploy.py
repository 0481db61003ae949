"""Deploy the contracts on Brownie's active network: ``brownie run deploy`` (``main FILE AUDITOR ...``)."""

from pathlib import Path

from eth_utils import to_checksum_address

from powerpact.chain.deployment import DEFAULT_FILE, Parameters, deploy
from powerpact.chain.transactions import Sender
from scripts._network import active_web3, sending_account


def main(file=DEFAULT_FILE, *auditors):
    """Deploy from one account and write the deployment file.

    Parameters
    ----------
    file : path-like
        Where the deployment file goes.
    *auditors : str
        Addresses of the auditors, of whom a majority decides; by default the deployer alone.
    """
    account = sending_account()
    committee = tuple(map(to_checksum_address, auditors)) or (account.address,)
    parameters = Parameters(utility=account.address, auditors=committee, threshold=len(committee) // 2 + 1)
    deployment = deploy(Sender(active_web3(), account), parameters, lambda name: print(f"deploying {name}"))
    deployment.save(Path(file))
    print(f"wrote {file}")
    return deployment
