"""Alice's certified device on the roof, and bob's on the barn, on a chain that is ten slots older."""

import pytest

from powerpact.market.readings import Reading
from powerpact.market.slots import Slot
from testkit.constants import SLOT_LENGTH_S
from testkit.meters import KEYS, domain_of, packed, reading_proof, sign_readings
from testkit.mining import mine_at


@pytest.fixture(scope="module")
def ready(deliveries, admit, bind_device, certify, alice, bob, web3, chain):
    """Deploy, bind, certify, and let ten slots pass. Returns the start of the first whole slot."""
    for owner, name in ((alice, "roof"), (bob, "barn")):
        admit(owner)
        certify(bind_device(owner, name))
    first = (chain[-1].timestamp // SLOT_LENGTH_S + 1) * SLOT_LENGTH_S
    mine_at(web3, first + 10 * SLOT_LENGTH_S)
    return first


@pytest.fixture
def mined_at(web3):
    """Have the next transaction mined at exactly this time, Unix seconds."""

    def _mined_at(time):
        answer = web3.provider.make_request("evm_setNextBlockTimestamp", [time])
        assert "error" not in answer, answer

    return _mined_at


@pytest.fixture
def slot(ready):
    """Start of the n-th slot since the devices were certified; slots 0 to 9 are over."""
    return lambda number: ready + number * SLOT_LENGTH_S


@pytest.fixture
def hour(slot):
    """The n-th slot, as the contracts take it."""
    return lambda number: Slot(slot(number), SLOT_LENGTH_S).pack()


@pytest.fixture
def reading(slot):
    """A reading of the roof's fifth slot, its first, or of a later one after it, with what the test wants otherwise."""

    def _reading(**changes):
        start_at = changes.pop("start_at", slot(5))
        return Reading.measured(
            1,
            start_at,
            SLOT_LENGTH_S,
            exported_wh=700,
            imported_wh=20,
            export_counter_wh=10_700,
            import_counter_wh=5_020,
            previous_start_at=slot(5) if start_at > slot(5) else 0,
        )._replace(**changes)

    return _reading


@pytest.fixture
def signed(metering, chain):
    """The signature of each reading by its device's key, or by another."""

    def _signed(*readings, key=None):
        domain = domain_of(metering, chain.id)
        return [
            signature
            for reading in readings
            for signature in sign_readings(key or KEYS[reading.device], domain, [reading])
        ]

    return _signed


@pytest.fixture
def report(metering, signed, stranger):
    """Relay readings as a stranger; returns the proof of each."""

    def _report(*readings):
        batch = metering.report(packed(readings), signed(*readings), {"from": stranger}).events["ReadingsReported"][
            "batch"
        ]
        return [reading_proof(batch, readings, index) for index in range(len(readings))]

    return _report
