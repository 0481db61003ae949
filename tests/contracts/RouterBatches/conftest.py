"""Alice's roof and Bob's barn, and Alice's router that collects their readings, on a chain that is ten slots older."""

import pytest

from powerpact.codec.eip712 import Domain
from powerpact.market.readings import Reading
from powerpact.market.schema import DeviceKind
from testkit.constants import SLOT_LENGTH_S
from testkit.meters import KEYS, device_key, domain_of, sign_readings
from testkit.mining import mine_at
from testkit.routers import RouterBatch

ROUTER_KEY = device_key("router")


@pytest.fixture(scope="module")
def batches(RouterBatches, deployer, devices, metering):
    return deployer.deploy(RouterBatches, devices, metering)


@pytest.fixture(scope="module")
def domain(batches, chain):
    return domain_of(batches, chain.id)


@pytest.fixture(scope="module")
def start(admit, bind_device, certify, alice, bob, batches, web3, chain):
    """Bind and certify devices 1 (roof), 2 (barn) and 3 (router), and let ten slots pass; the first of them."""
    for owner, name in ((alice, "roof"), (bob, "barn")):
        admit(owner)
        certify(bind_device(owner, name))
    certify(bind_device(alice, "router", kind=DeviceKind.ROUTER))
    first = (chain[-1].timestamp // SLOT_LENGTH_S + 1) * SLOT_LENGTH_S
    mine_at(web3, first + 10 * SLOT_LENGTH_S)
    return first


@pytest.fixture
def reading(start):
    """What a device measured in the n-th slot: 700 Wh out."""

    def _reading(device, number, **changes):
        return Reading.measured(
            device,
            start + number * SLOT_LENGTH_S,
            SLOT_LENGTH_S,
            exported_wh=700,
            imported_wh=20,
            export_counter_wh=10_000 + 700 * (number + 1),
            import_counter_wh=5_000 + 20 * (number + 1),
            previous_start_at=start + (number - 1) * SLOT_LENGTH_S if number else 0,
        )._replace(**changes)

    return _reading


@pytest.fixture
def readings(reading):
    """Seven readings, slot by slot: places 0, 2, 4 and 6 are the roof's."""
    return [reading(1 + place % 2, place // 2) for place in range(7)]


@pytest.fixture
def batch(readings):
    """The router's first batch."""
    return RouterBatch(3, 0, readings)


@pytest.fixture
def commit(batches, domain, stranger):
    """Commit to a batch; somebody else may sign, or for another contract."""

    def _commit(batch, key=ROUTER_KEY, where: Domain = domain, head=None, root=None):
        signature = batch.signature(key, where)
        return batches.commit(head or batch.head, root or batch.root, signature, {"from": stranger})

    return _commit


@pytest.fixture
def signatures(metering, chain):
    """The signature of each reading by its device's key."""

    def _signatures(*shown):
        where = domain_of(metering, chain.id)
        return [signature for entry in shown for signature in sign_readings(KEYS[entry.device], where, [entry])]

    return _signatures


@pytest.fixture
def prove(batches, signatures, stranger):
    """Prove the readings at some places of a batch, as a stranger."""

    def _prove(batch, *places):
        signed = signatures(*(batch.readings[place] for place in places))
        return batches.prove(*batch.proved(places, signed), {"from": stranger})

    return _prove
