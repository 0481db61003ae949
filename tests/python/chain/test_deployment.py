"""Deployment: wiring, the file, and refusals."""

import json
from dataclasses import replace

import pytest
from eth_account import Account
from web3 import Web3

from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.client import Chain
from powerpact.chain.connection import connect
from powerpact.chain.deploying import deploy
from powerpact.chain.deployment import Deployment, Parameters, create_address, verify
from powerpact.chain.errors import (
    BadDeploymentFile,
    ChainUnreachable,
    ContractError,
    ContractsNotCompiled,
    DeploymentMismatch,
)
from powerpact.chain.transactions import Sender
from powerpact.index import open_chain


def test_address_of_a_created_contract():
    # The first contract of the first account of the well-known test phrase.
    assert (
        create_address("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266", 0) == "0x5FbDB2315678afecb367f032d93F642f64180aa3"
    )


def test_contracts_know_each_other(chain):
    at = chain.deployment.addresses
    assert chain.read("OrderBook", "RELEASES") == at["Releases"]
    assert chain.read("OrderBook", "ACCOUNTS") == at["Accounts"]
    assert chain.read("Clearing", "MARKETS") == at["Markets"]
    assert chain.read("Accounts", "POINTS") == at["PowerPoints"]
    assert chain.read("GreenCertificates", "DELIVERIES") == at["Deliveries"]
    verify(chain.web3, chain.deployment)


def test_the_file_keeps_everything(chain, tmp_path):
    path = tmp_path / "deployment.json"
    chain.deployment.save(path)
    assert Deployment.load(path) == chain.deployment
    assert open_chain(path).deployment == chain.deployment


def test_another_chain_is_refused(chain):
    with pytest.raises(DeploymentMismatch) as refusal:
        verify(chain.web3, replace(chain.deployment, chain_id=1))
    assert (refusal.value.field, refusal.value.have) == ("chain id", chain.web3.eth.chain_id)


def test_an_address_without_code_is_refused(chain, world):
    at = chain.deployment.addresses | {"Deliveries": world.address("outsider")}
    with pytest.raises(DeploymentMismatch, match="wiring of DeviceRegistry"):
        verify(chain.web3, replace(chain.deployment, addresses=at))


def test_other_code_is_refused(chain):
    address = chain.address("Clearing")
    code = bytearray(chain.web3.eth.get_code(address))
    code[100] ^= 1
    chain.web3.provider.make_request("anvil_setCode", [address, f"0x{code.hex()}"])
    with pytest.raises(DeploymentMismatch, match="code of Clearing"):
        verify(chain.web3, chain.deployment)


def test_other_wiring_is_refused(chain):
    parameters = replace(chain.deployment.parameters, utility="0x90F79bf6EB2c4f870365E785982E1f101E93b906")
    with pytest.raises(DeploymentMismatch, match="wiring of PowerPoints"):
        verify(chain.web3, replace(chain.deployment, parameters=parameters))


def test_two_deployments_do_not_fit_together(chain, world):
    second = deploy(Sender(chain.web3, world.keys["utility"]), chain.deployment.parameters)
    mixed = chain.deployment.addresses | {"Clearing": second.addresses["Clearing"]}
    with pytest.raises(DeploymentMismatch, match="wiring"):
        verify(chain.web3, replace(chain.deployment, addresses=mixed))


def test_a_bad_committee_is_refused(chain, world):
    auditor = world.address("auditor")
    with pytest.raises(ContractError) as refusal:
        deploy(Sender(chain.web3, world.keys["utility"]), Parameters(auditor, (auditor,), 2))
    assert refusal.value.name == "Auditors_BadCommittee"


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data.update(schema="other"),
        lambda data: data.pop("block"),
        lambda data: data.update(extra=1),
        lambda data: data.update(chain_id="1"),
        lambda data: data["addresses"].pop("Clearing"),
        lambda data: data["addresses"].update(Clearing="0x12"),
        lambda data: data["addresses"].update(Clearing=data["addresses"]["Clearing"].lower()),
        lambda data: data["parameters"].pop("auditors"),
        lambda data: data["parameters"].update(extra=1),
    ],
)
def test_a_malformed_file_is_refused(chain, tmp_path, change):
    path = tmp_path / "deployment.json"
    chain.deployment.save(path)
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))
    with pytest.raises(BadDeploymentFile) as refusal:
        Deployment.load(path)
    assert refusal.value.path == path


def test_a_missing_file_and_one_that_is_not_json_are_refused(tmp_path):
    with pytest.raises(BadDeploymentFile):
        Deployment.load(tmp_path / "none.json")
    (tmp_path / "text.json").write_text("text")
    with pytest.raises(BadDeploymentFile, match="JSON"):
        Deployment.load(tmp_path / "text.json")


def test_a_file_that_cannot_be_written_is_told(chain, tmp_path):
    with pytest.raises(BadDeploymentFile, match="written"):
        chain.deployment.save(tmp_path / "no" / "such" / "folder.json")


def test_contracts_that_are_not_compiled_are_told(monkeypatch, tmp_path):
    monkeypatch.setenv("POWERPACT_BUILD", str(tmp_path))
    with pytest.raises(ContractsNotCompiled, match="Clearing") as refusal:
        artifact("Clearing")
    assert "./run artifacts" in refusal.value.remedy


def test_a_dead_node_is_told(web3):
    with pytest.raises(ChainUnreachable) as refusal:
        connect("http://127.0.0.1:9", retries=1)
    assert refusal.value.rpc_url == "http://127.0.0.1:9"


def test_a_node_that_dies_later_is_told(chain):
    dead = Web3(Web3.HTTPProvider("http://127.0.0.1:9", exception_retry_configuration=None))
    with pytest.raises(ChainUnreachable):
        Chain(dead, chain.deployment).now()


def test_every_contract_fits_into_a_block_of_code():
    sizes = {name: len(artifact(name).runtime) for name in CONTRACTS}
    assert max(sizes.values()) <= 24_576, sizes


def test_keys_are_not_in_the_file(chain, world, tmp_path):
    chain.deployment.save(tmp_path / "d.json")
    text = (tmp_path / "d.json").read_text()
    assert all(Account.from_key(key.key).key.hex() not in text for key in world.keys.values())
