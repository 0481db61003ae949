"""Role-named accounts and deployed contracts, shared by the unit tests.

The registries, metering and certificates work with `accounts_stub` and with accounts in place of order book and
settlement, so that each can be tested alone; `system` is the whole deployment, wired as in production. Contracts are
deployed once for each module; every test starts from there.
"""

from dataclasses import astuple
from types import SimpleNamespace

import brownie
import pytest

from powerpact.chain.artifacts import CONTRACTS
from powerpact.chain.deployment import Parameters, constructor_arguments, create_address
from powerpact.codec.devicekeys import sign_by_device
from powerpact.market.schema import Carrier, DeviceKind
from testkit.admitting import MEMBERSHIP, REASON, WINDOW_S, candidate, outcomes
from testkit.constants import ATTRIBUTES_HASH, CAPACITY_WH, CREDIBILITY_PPM, SLOT_LENGTH_S, SOLAR, SUBNET, THRESHOLD
from testkit.meters import device_key, domain_of
from testkit.mining import MinedOnReturn, later, mine_at


@pytest.fixture(scope="session", autouse=True)
def transactions_are_mined_on_return(web3):
    """Spare Brownie the waiting."""
    web3.middleware_onion.add(MinedOnReturn)


@pytest.fixture(autouse=True)
def isolate(fn_isolation):
    """Every test starts from the state in which its module's fixtures left the chain."""


@pytest.fixture(scope="module", autouse=True)
def isolate_module(module_isolation):
    """Every module starts from an empty chain."""


@pytest.fixture
def now(chain):
    """Time of the latest block, Unix seconds."""
    return lambda: chain[-1].timestamp


@pytest.fixture
def warp(web3):
    """Mine a block at exactly this time, Unix seconds."""

    return lambda timestamp: mine_at(web3, timestamp)


@pytest.fixture(scope="session")
def deployer(accounts):
    return accounts[0]


@pytest.fixture(scope="session")
def utility(accounts):
    return accounts[1]


@pytest.fixture(scope="session")
def auditors(accounts):
    return accounts[2:5]


@pytest.fixture(scope="session")
def alice(accounts):
    """A participant, where the test needs one."""
    return accounts[5]


@pytest.fixture(scope="session")
def bob(accounts):
    """Another participant, where the test needs one."""
    return accounts[6]


@pytest.fixture(scope="session")
def stranger(accounts):
    """Nobody in particular."""
    return accounts[7]


@pytest.fixture(scope="session")
def settler(accounts):
    """The settlement contract, where an account stands in for it."""
    return accounts[8]


@pytest.fixture(scope="session")
def order_book(accounts):
    """The order book, where an account stands in for it."""
    return accounts[9]


@pytest.fixture(scope="module")
def points(PowerPoints, deployer, utility):
    return deployer.deploy(PowerPoints, utility)


@pytest.fixture(scope="module")
def accounts_stub(AccountsStub, deployer):
    return deployer.deploy(AccountsStub)


@pytest.fixture(scope="module")
def motions(Motions, deployer, auditors, accounts_stub):
    """Deployed right before `participants`, whose address is predicted."""
    registry = create_address(deployer.address, deployer.nonce + 1)
    return deployer.deploy(Motions, auditors, THRESHOLD, astuple(MEMBERSHIP), registry)


@pytest.fixture(scope="module")
def participants(ParticipantRegistry, deployer, motions, accounts_stub):
    contract = deployer.deploy(ParticipantRegistry, motions, accounts_stub)
    with brownie.reverts():  # the registry alone may, so it is where it was predicted
        motions.giveVoice.call(deployer, {"from": deployer})
    return contract


@pytest.fixture(scope="module")
def device_keys(DeviceKeys, deployer):
    return deployer.deploy(DeviceKeys)


@pytest.fixture(scope="module")
def devices(DeviceRegistry, deployer, participants, motions, order_book, settler, device_keys):
    """Deployed three before `deliveries`, whose address is predicted."""
    deliveries = create_address(deployer.address, deployer.nonce + 3)
    arguments = participants, motions, order_book, settler, deliveries, device_keys, SLOT_LENGTH_S, SLOT_LENGTH_S
    return deployer.deploy(DeviceRegistry, *arguments)


@pytest.fixture(scope="module")
def metering(Metering, deployer, devices, device_keys):
    """Readings can be corrected for two slots."""
    return deployer.deploy(Metering, devices, device_keys, 2 * SLOT_LENGTH_S)


@pytest.fixture(scope="module")
def certificates(GreenCertificates, deployer, metering):
    """Deployed right before `deliveries`, whose address is predicted."""
    return deployer.deploy(GreenCertificates, create_address(deployer.address, deployer.nonce + 1), deployer)


@pytest.fixture(scope="module")
def deliveries(Deliveries, deployer, participants, devices, metering, settler, certificates):
    contract = deployer.deploy(Deliveries, participants, devices, metering, certificates, settler)
    assert certificates.DELIVERIES() == contract
    return contract


@pytest.fixture(scope="module")
def system(request, deployer, utility, auditors):
    """All contracts of a deployment by name, wired as `powerpact.chain.deployment` says."""
    addresses = {name: create_address(deployer.address, deployer.nonce + i) for i, name in enumerate(CONTRACTS)}
    parameters = Parameters(utility.address, tuple(map(str, auditors)), THRESHOLD, membership=MEMBERSHIP)
    arguments = constructor_arguments(addresses, parameters)
    deployed = {name: deployer.deploy(request.getfixturevalue(name), *arguments[name]) for name in CONTRACTS}
    assert {name: contract.address for name, contract in deployed.items()} == addresses
    return SimpleNamespace(**deployed)


@pytest.fixture(scope="module")
def announce(motions, auditors):
    """Have candidates announced with just enough votes; the number of the motion."""

    def _announce(candidates):
        packed = [someone.pack() for someone in candidates]
        root = motions.nominate(packed, REASON, {"from": auditors[0]}).return_value
        for auditor in auditors[1:THRESHOLD]:
            motions.approve(root, REASON, {"from": auditor})
        return motions.motionCount()

    return _announce


@pytest.fixture(scope="module")
def admit(participants, announce, deployer, chain):
    """Make an account an active participant; wait until the window is over."""

    def _admit(account, credibility_ppm=CREDIBILITY_PPM, **attested):
        participants.applyFor(ATTRIBUTES_HASH, {"from": account})
        application = participants.participant(account)["application"]
        candidates = [candidate(account.address, application, credibility_ppm, **attested)]
        motion = announce(candidates)
        later(chain, WINDOW_S)
        return participants.admit(motion, outcomes(candidates), {"from": deployer})

    return _admit


@pytest.fixture(scope="module")
def bind_device(devices, chain):
    """Bind the device of this name to its owner; return its id."""

    def _bind_device(owner, name, capacity_wh=CAPACITY_WH, kind=DeviceKind.METER, key=None, **others):
        key, source = key or device_key(name), others.get("source", SOLAR)
        subnet, carrier = others.get("subnet", SUBNET), others.get("carrier", Carrier.ELECTRICITY)
        message = {
            "owner": owner.address,
            "kind": kind,
            "carrier": carrier,
            "source": source,
            "subnet": subnet,
            "capacityWh": capacity_wh,
        }
        signature = sign_by_device(key, domain_of(devices, chain.id), "Device", message)
        added = devices.add(key.address, kind, carrier, source, subnet, capacity_wh, signature, {"from": owner})
        return added.events["DeviceAdded"]["device"]

    return _bind_device


@pytest.fixture(scope="module")
def certify(devices, auditors):
    """Certify a device with just enough votes."""

    def _certify(device):
        content = devices.contentOf(device)
        for auditor in auditors[:THRESHOLD]:
            devices.certify(device, content, {"from": auditor})

    return _certify
