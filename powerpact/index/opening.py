"""Open a deployment with its index and journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eth_account.signers.local import LocalAccount

from powerpact.chain.client import Chain
from powerpact.chain.connection import Connection, ask, chain_id_of, connect
from powerpact.chain.deployment import Deployment, verify
from powerpact.chain.errors import DeploymentExists
from powerpact.chain.logs import LogReader
from powerpact.chain.transactions import Sender
from powerpact.index.indexer import PATIENCE_S, Indexer, Notice
from powerpact.store import BadDatabase, Identity, Index, Journal, folder_for
from powerpact.store.folder import DEFAULT_FOLDER


def open_chain(
    path: Path, rpc_url: str | None = None, data: Path | None = None, notice: Notice = lambda _: None
) -> Chain:
    """Connect to the chain of a deployment file, verify that the file describes it, and open its index and journal.

    Parameters
    ----------
    path : Path
        The deployment file.
    rpc_url : str, optional
        Another node than the file's.
    data : Path, optional
        Folder for the data of all deployments; by default ``.powerpact`` beside the deployment file.
    notice : callable
        Called with what a user should know, such as that the index is filled again.

    Raises
    ------
    BadDeploymentFile, ChainUnreachable, DeploymentMismatch, BadDatabase
        As their names say.
    """
    deployment = Deployment.load(path)
    web3 = connect(rpc_url or deployment.rpc_url)
    verify(web3, deployment)
    return attach(web3, deployment, data or path.parent / DEFAULT_FOLDER, notice)


@contextmanager
def deploying(
    web3: Connection,
    account: LocalAccount,
    path: Path,
    data: Path | None = None,
    notice: Notice = lambda _: None,
    *,
    force: bool = False,
) -> Iterator[tuple[Sender, Path]]:
    """Who deploys to a new deployment file: the sender, with a journal, and the folder of what was begun.

    The file is refused if it exists, and nobody else with this account deploys meanwhile.

    Parameters
    ----------
    web3 : Web3
        Connection.
    account : LocalAccount
        Who deploys.
    path : Path
        The deployment file.
    data : Path, optional
        Folder for the data of all deployments; by default ``.powerpact`` beside the deployment file.
    notice : callable
        Called with what a user should know.
    force : bool
        Whether the file may exist.

    Raises
    ------
    DeploymentExists
        If the file exists and must not.
    BadDatabase
        If the folder cannot be used.
    """
    genesis = _genesis(web3)
    folder = folder_for(Identity(chain_id_of(web3), "deploying"), data or path.parent / DEFAULT_FOLDER)
    sender = Sender(web3, account, outbox=Journal(folder, genesis), notice=notice)
    with sender.turn():
        if path.exists() and not force:  # perhaps another program has written it while this one waited
            raise DeploymentExists(path)
        yield sender, folder


def journal_of(chain: Chain) -> Journal:
    """The journal that was opened with a deployment.

    Raises
    ------
    BadDatabase
        If there is none.
    """
    if not isinstance(chain.outbox, Journal):
        raise BadDatabase("the journal", "is not open")
    return chain.outbox


def _genesis(web3: Connection) -> bytes:
    first = ask(web3, "the first block", "eth_getBlockByNumber", "0x0", False)
    return bytes.fromhex(first["hash"][2:])


def attach(
    web3: Connection,
    deployment: Deployment,
    data: Path | None = None,
    notice: Notice = lambda _: None,
    *,
    patience_s: float = PATIENCE_S,
) -> Chain:
    """A deployment with its index and journal.

    Parameters
    ----------
    web3 : Web3
        Connection.
    deployment : Deployment
        Where the contracts are.
    data : Path, optional
        Folder for the data of all deployments; by default everything is kept in memory and ends with the program.
    notice : callable
        Called with what a user should know.
    patience_s : float
        How long a node that is behind what was seen before is waited for.

    Raises
    ------
    BadDatabase
        If the folder or a file in it cannot be used.
    """
    identity = Identity.of(deployment.chain_id, deployment.addresses, deployment.block)
    genesis = _genesis(web3)
    folder = folder_for(identity, data) if data is not None else None
    reader = LogReader(web3, list(deployment.addresses.values()), patience_s=patience_s)
    indexer = Indexer(reader, Index(folder, identity, genesis), deployment, notice, patience_s=patience_s)
    return Chain(web3, deployment, indexer, Journal(folder, genesis), notice)
