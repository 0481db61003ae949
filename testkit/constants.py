"""Values that the tests of the registries, metering and certificates share."""

from typing import Final

from eth_utils import keccak

from toolchain.places import ROOT

BROWNIE_BUILD: Final = ROOT / "build/contracts"
"""Where Brownie writes what it compiles, harnesses and stubs among it."""

SLOT_LENGTH_S = 3_600
THRESHOLD = 2
ATTRIBUTES_HASH = keccak(text="attributes, salted")
CREDIBILITY_PPM = 900_000
CAPACITY_WH = 10_000
SUBNET = 7
SOLAR = 1
LOT = (7 << 72) | (SLOT_LENGTH_S << 40) | 1_700_000_400
"""A certificate id: device 7, a slot."""
