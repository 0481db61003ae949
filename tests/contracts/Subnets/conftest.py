"""Subnets of devices of alice, formed by two of three auditors; her meter's certificates are minted by an account."""

from typing import NamedTuple

import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from powerpact.chain.contracts.certificates import id_of
from powerpact.chain.deployment import create_address
from powerpact.market.schema import DeviceKind
from powerpact.market.slots import Slot
from testkit.constants import SLOT_LENGTH_S, SUBNET, THRESHOLD

HOLD_TIME_S = 10_000
TOLERANCE_PPM, FLOOR_WH = 20_000, 50
EVIDENCE, FINDING = keccak(text="what shows it"), keccak(text="what settles it")


class Flag(NamedTuple):
    """What auditors doubt, as the contract takes it."""

    subnet: int
    slot: int
    lots: tuple[int, ...]
    evidence: bytes = EVIDENCE

    @property
    def hash(self):
        return keccak(encode(["(uint32,uint72,uint256[],bytes32)"], [tuple(self)]))


@pytest.fixture(scope="session")
def minter(accounts):
    """Deliveries, where an account stands in for it."""
    return accounts[8]


@pytest.fixture(scope="module")
def certificates(GreenCertificates, deployer, devices, motions, minter):
    """Deployed right before `subnets`, whose address is predicted."""
    return deployer.deploy(GreenCertificates, minter, create_address(deployer.address, deployer.nonce + 1))


@pytest.fixture(scope="module")
def subnets(Subnets, deployer, devices, motions, certificates):
    contract = deployer.deploy(Subnets, devices, motions, certificates, HOLD_TIME_S)
    assert certificates.SUBNETS() == contract
    return contract


@pytest.fixture(scope="module")
def exchange(subnets, bind_device, certify, alice):
    """A certified exchange of a subnet."""

    def _exchange(subnet, name="", **others):
        device = bind_device(alice, name or f"exchange {subnet}", kind=DeviceKind.EXCHANGE, subnet=subnet, **others)
        certify(device)
        return device

    return _exchange


@pytest.fixture(scope="module")
def form(subnets, auditors):
    """Have a subnet formed or changed by just enough auditors."""

    def _form(subnet, device, parent=0, revision=0):
        terms = parent, device, TOLERANCE_PPM, FLOOR_WH
        for auditor in auditors[:THRESHOLD]:
            transaction = subnets.form(subnet, revision, terms, {"from": auditor})
        return transaction

    return _form


@pytest.fixture(scope="module")
def street(subnets, admit, alice, exchange, form):
    """The exchange of the subnet that devices are in by default."""
    admit(alice)
    device = exchange(SUBNET)
    form(SUBNET, device)
    return device


@pytest.fixture(scope="module")
def meter(street, bind_device, certify, alice):
    """A certified meter in it."""
    device = bind_device(alice, "roof")
    certify(device)
    return device


@pytest.fixture
def hour(now):
    """The last hour that is over."""
    return Slot(now() // SLOT_LENGTH_S * SLOT_LENGTH_S - SLOT_LENGTH_S, SLOT_LENGTH_S)


@pytest.fixture
def doubt(meter, hour):
    """Of that hour, with the meter's lot."""
    return Flag(SUBNET, hour.pack(), (id_of(meter, hour),))


@pytest.fixture
def decide(subnets, auditors):
    """Flag or clear by just enough auditors."""

    def _decide(function, *arguments):
        for auditor in auditors[:THRESHOLD]:
            transaction = getattr(subnets, function)(*arguments, {"from": auditor})
        return transaction

    return _decide
