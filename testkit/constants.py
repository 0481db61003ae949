"""Values that the tests of the registries, metering and certificates share."""

from eth_utils import keccak

SLOT_LENGTH_S = 3_600
THRESHOLD = 2
ATTRIBUTES_HASH = keccak(text="attributes, salted")
CREDIBILITY_PPM = 900_000
CAPACITY_WH = 10_000
SUBNET = 7
SOLAR = 1
LOT = (7 << 40) | 1_700_000_400
"""A certificate id: device 7, a slot."""
