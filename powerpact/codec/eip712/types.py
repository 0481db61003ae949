"""The table of everything that is signed. The contracts' interfaces state the same type strings.

Member names carry their unit, so that a wallet which shows them to its owner shows what is being agreed to.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from eth_utils import keccak

from powerpact.codec.eip712.errors import UnknownSignedType


class Member(NamedTuple):
    """One member of a signed struct: its name and its Solidity type."""

    name: str
    type: str


def _members(declaration: str) -> tuple[Member, ...]:
    pairs = (part.split() for part in declaration.split(","))
    return tuple(Member(name, solidity_type) for solidity_type, name in pairs)


TYPES: Final = MappingProxyType(
    {
        # OrderBook. Prices in micro-points per kWh, expiry in Unix seconds, weights and minFill in ppm.
        "BuyOrder": _members(
            "bytes32 market,address trader,uint64 energyWh,uint32 bid,bytes8 requires,uint32 minFill,"
            "bool accept,uint32 meter,uint32 nonce,uint40 expiry,uint32[8] expectations,uint32[8] limits,"
            "uint32[8] weights"
        ),
        "SellOrder": _members(
            "bytes32 market,address trader,uint64 energyWh,uint32 ask,uint32 minPrice,bytes8 classes,uint32 minFill,"
            "bool accept,uint32 device,uint32 nonce,uint40 expiry,uint32[8] attributes"
        ),
        # Mandates. design is the hash of the markets' rules without their times; leads and refund in seconds.
        "Mandate": _members(
            "address trader,address delegate,bytes32 design,bool buys,bool sells,uint32 device,uint64 mostWhPerSlot,"
            "uint64 mostWh,uint32 highestBid,uint32 lowestMinPrice,uint32 minFill,bytes8 requires,bytes8 classes,"
            "uint40 from,uint40 until,uint32 shortestLead,uint32 longestLead,uint32 shortestRefund,"
            "uint32 longestRefund,uint32 longestAhead,uint32 serial,"
            "uint32[8] expectations,uint32[8] limits,uint32[8] weights,uint32[8] attributes"
        ),
        # What a delegate signs. The nonce of the order is the number of the mandate, turn counts from 0.
        "MandatedBuyOrder": _members("BuyOrder order,uint32 turn"),
        "MandatedSellOrder": _members("SellOrder order,uint32 turn"),
        # Metering. Times in Unix seconds; quality 1: measured.
        "Reading": _members(
            "uint32 device,uint40 startAt,uint32 lengthSeconds,uint40 previousStartAt,uint64 exportedWh,"
            "uint64 importedWh,uint64 exportCounterWh,uint64 importCounterWh,uint8 quality,uint16 version"
        ),
        # RouterBatches. turn counts the router's batches from 0, root is that of the readings' Merkle tree.
        "RouterBatch": _members("uint32 router,uint32 turn,bytes32 root,uint32 count"),
        # DeviceRegistry.
        "Device": _members("address owner,uint8 kind,uint8 carrier,uint8 source,uint32 subnet,uint64 capacityWh"),
        "Rotation": _members("uint32 device,address owner,address replaced"),
        "MeterExchange": _members(
            "uint32 device,address owner,address replaced,uint64 exportCounterWh,uint64 importCounterWh"
        ),
        # ParticipantRegistry. candidate is an index in the motion; application the number that the link will have.
        "Objection": _members("uint32 motion,uint16 candidate"),
        "Link": _members("address member,address account,uint32 application"),
        # Clearing. trades is the hash of the proposal's chunk roots, objective in ppm or ppm Wh.
        "Endorsement": _members("bytes32 market,address agent,bytes32 trades,uint128 objective"),
        # Settlement. toSeller in micro-points.
        "Agreement": _members("bytes32 tradeId,uint128 toSeller"),
        # PaymentChannels. Money in micro-points; number counts from 0, reading is the struct hash of a Reading; one and
        # other are the parties of a mutual channel, fromOne and fromOther what both knew to be locked.
        "Voucher": _members("bytes32 channel,uint32 number,uint96 total,bytes32 reading"),
        "ChannelState": _members(
            "bytes32 channel,uint64 version,uint96 toOne,uint96 toOther,uint96 fromOne,uint96 fromOther,"
            "address tower,uint96 reward"
        ),
        "ChannelChange": _members(
            "bytes32 channel,uint64 version,uint96 leftOne,uint96 leftOther,uint96 outOne,uint96 outOther,uint40 expiry"
        ),
        # PowerPoints (ERC-2612). value in micro-points, deadline in Unix seconds.
        "Permit": _members("address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"),
    }
)
"""Members of each signed struct, in their order."""


def members_of(primary_type: str) -> tuple[Member, ...]:
    """Members of a signed struct.

    Raises
    ------
    UnknownSignedType
        If the table has no such type.
    """
    try:
        return TYPES[primary_type]
    except KeyError:
        raise UnknownSignedType(primary_type, tuple(TYPES)) from None


def structs_in(primary_type: str) -> tuple[str, ...]:
    """The signed structs that are members of a signed struct, sorted.

    Examples
    --------
    >>> structs_in("MandatedBuyOrder"), structs_in("BuyOrder")
    (('BuyOrder',), ())
    """
    return tuple(sorted({member.type for member in members_of(primary_type)} & TYPES.keys()))


def encode_type(primary_type: str) -> str:
    """The type string of EIP-712, ``Name(type1 name1,type2 name2,…)``, followed by those of its structs.

    Examples
    --------
    >>> encode_type("Agreement")
    'Agreement(bytes32 tradeId,uint128 toSeller)'
    """
    declared = ""
    for name in (primary_type, *structs_in(primary_type)):
        members = ",".join(f"{member.type} {member.name}" for member in members_of(name))
        declared += f"{name}({members})"
    return declared


def type_hash(primary_type: str) -> bytes:
    """``keccak256(encodeType)``, 32 bytes."""
    return keccak(text=encode_type(primary_type))
