"""Deploy the contracts on Brownie's active network: ``brownie run deploy`` (``main FILE AUDITOR ...``)."""

from pathlib import Path

from eth_utils import to_checksum_address

from powerpact.chain.deploying import deploy, forget_plan
from powerpact.chain.deployment import Parameters
from powerpact.index import deploying
from scripts._network import active_web3, deployment_file, is_throwaway, known_to_brownie, sending_account


def main(file=None, *auditors):
    """Deploy from one account and write the deployment file. A run that was stopped can be repeated: it goes on.

    Afterwards Brownie's containers know the contracts: ``OrderBook[-1]``.

    Parameters
    ----------
    file : path-like, optional
        Where the deployment file goes; it must be new. By default ``powerpact.deployment.json``, or, on a chain that
        ends with Brownie, ``reports/throwaway.deployment.json``, which is replaced.
    *auditors : str
        Addresses of the auditors, of whom a majority decides; by default the deployer alone.
    """
    account, path = sending_account(), Path(file or deployment_file())
    path.parent.mkdir(parents=True, exist_ok=True)
    if file is None and is_throwaway():
        path.unlink(missing_ok=True)
    committee = tuple(map(to_checksum_address, auditors)) or (account.address,)
    parameters = Parameters(utility=account.address, auditors=committee, threshold=len(committee) // 2 + 1)
    with deploying(active_web3(), account, path, notice=print) as (sender, folder):
        deployment = deploy(sender, parameters, lambda name: print(f"deploying {name}"), folder)
        deployment.save(path)
        forget_plan(folder)
    known_to_brownie(deployment)
    print(f"wrote {path}")
    return deployment
