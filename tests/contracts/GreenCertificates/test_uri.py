import base64
import json

from testkit.constants import LOT
from testkit.reverts import reverts_with


def test_reverts_for_a_number_that_is_no_id(certificates):
    with reverts_with("SafeCastOverflowedUintDowncast", 32, 1 << 32):
        certificates.lotOf(1 << 72)


def test_ids_name_device_and_slot(certificates):
    assert certificates.idOf(7, 1_700_000_400) == LOT
    assert tuple(certificates.lotOf(LOT)) == (7, 1_700_000_400)
    last = (2**32 - 1, 2**40 - 1)
    assert tuple(certificates.lotOf(certificates.idOf(*last))) == last


def test_metadata_is_json_in_the_uri(certificates):
    kind, content = certificates.uri(LOT).split(",", 1)
    assert kind == "data:application/json;base64"
    assert json.loads(base64.b64decode(content)) == {
        "name": "Green energy of device 7 in slot 1700000400",
        "description": "Energy in Wh that a certified device fed into the network in one delivery slot.",
        "decimals": 0,
        "properties": {"device": 7, "slotStart": 1_700_000_400, "unit": "Wh"},
    }
