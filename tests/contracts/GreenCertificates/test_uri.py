import base64
import json

from powerpact.market.slots import Slot
from testkit.constants import LOT, SLOT_LENGTH_S
from testkit.reverts import reverts_with

SLOT = Slot(1_700_000_400, SLOT_LENGTH_S).pack()


def test_reverts_for_a_number_that_is_no_id(certificates):
    with reverts_with("SafeCastOverflowedUintDowncast", 32, 1 << 32):
        certificates.lotOf(1 << 104)


def test_ids_name_device_and_slot(certificates):
    assert certificates.idOf(7, SLOT) == LOT
    assert tuple(certificates.lotOf(LOT)) == (7, SLOT)
    last = (2**32 - 1, 2**72 - 1)
    assert tuple(certificates.lotOf(certificates.idOf(*last))) == last


def test_metadata_is_json_in_the_uri(certificates):
    kind, content = certificates.uri(LOT).split(",", 1)
    assert kind == "data:application/json;base64"
    assert json.loads(base64.b64decode(content)) == {
        "name": "Green energy of device 7 in slot 1700000400",
        "description": "Energy in Wh that a certified device fed into the network in one delivery slot.",
        "decimals": 0,
        "properties": {"device": 7, "slotStart": 1_700_000_400, "slotLengthSeconds": 3_600, "unit": "Wh"},
    }
