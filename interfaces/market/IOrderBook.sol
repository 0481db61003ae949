// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Market} from "../../contracts/types/Markets.sol";
import {CompactSignature} from "../../contracts/shared/Signatures.sol";
import {OrderId, PackedOrder, Side} from "../../contracts/types/Orders.sol";
import {Ppm} from "../../contracts/types/Units.sol";

/// @title Markets and the orders in them
/// @notice Orders come from their trader, or signed (EIP-712) and relayed by anyone, in batches. A batch
/// is kept as one Merkle root and one word of bits; its orders are in the event. What is attested about
/// the seller is written into the order when it is posted, so that its score depends on nothing but
/// the order. A buy order reserves the value of its energy at its bid.
/// @dev Trust assumptions.
/// Safety: none in the relayer (it cannot change an order), none in the opener of a market (its id is
/// the hash of its rules, which the trader signs). Admission and certification: IParticipantRegistry,
/// IDeviceRegistry.
/// Liveness: a relayer that refuses an order can be passed by: everybody may relay, and traders may post
/// directly. A batch is all or nothing, and the error names the order that stopped it.
///
/// Leaf of an order: keccak256(abi.encode(index, order)); pairs are hashed in sorted order, an odd node
/// moves up unpaired (contracts/shared/BatchRoot).
///
/// Signed types, in this contract's EIP-712 domain ("PowerPact", "1"); `market` is the market's id:
/// BuyOrder(bytes32 market,address trader,uint64 energyWh,uint32 bid,bytes8 requires,uint32 minFill,bool accept,
///   uint32 meter,uint32 nonce,uint40 expiry,uint32[8] expectations,uint32[8] limits,uint32[8] weights)
/// SellOrder(bytes32 market,address trader,uint64 energyWh,uint32 ask,uint32 minPrice,bytes8 classes,uint32 minFill,
///   bool accept,uint32 device,uint32 nonce,uint40 expiry,uint32[8] attributes)
/// minFill, accept and meter take one value only, 0 and false: an order with another is refused.
interface IOrderBook {
    /// @dev An order that stands in a batch, with its proof.
    struct Placed {
        OrderId id;
        PackedOrder order;
        bytes32[] siblings;
    }

    event MarketOpened(
        bytes32 indexed market, address indexed opener, Market rules, string[] attributes, string[] categories
    );
    event OrdersPlaced(bytes32 indexed market, uint32 indexed batch, address indexed relayer, PackedOrder[] orders);
    event OrderCancelled(bytes32 indexed market, OrderId indexed id, address indexed trader);
    event OrderReleased(bytes32 indexed market, OrderId indexed id, address indexed trader);

    error Market_AlreadyOpen(bytes32 market);
    error Market_Unknown(bytes32 market);
    error Market_BadTimes(uint40 closesAt, uint40 finalBy, uint40 slotStart, uint40 refundFrom);
    error Market_BadSchema(uint256 attributes, uint256 categories);
    error Market_BadSource(uint256 attribute);
    error Market_NoArbiter();
    error Market_RateAboveOne(uint32 rate);
    error Market_BadContest(uint32 challengeWindow, uint128 bond, uint8 endorsements, bytes32 endorsers);
    error Market_GateClosed(bytes32 market, uint40 closesAt);
    error Market_OpenerNotActive(address opener);

    error Order_EmptyBatch();
    error Order_BatchTooLarge(uint256 have, uint256 most);
    error Order_LengthMismatch(uint256 orders, uint256 signatures);
    error Order_NotTrader(address trader, address caller);
    error Order_TraderNotActive(uint256 index, address trader);
    error Order_BadSignature(uint256 index, address trader);
    error Order_Expired(uint256 index, uint40 expiry);
    error Order_ZeroEnergy(uint256 index);
    error Order_ZeroPrice(uint256 index);
    error Order_MinAboveAsk(uint256 index, uint32 minPrice, uint32 ask);
    error Order_UnusedFieldSet(uint256 index);
    /// @notice Thrown when an order asks for a least share of its energy, for which there is no rule yet.
    /// @param index Place in the batch.
    /// @param minFill The least share, ppm.
    error Order_MinFillNotZero(uint256 index, Ppm minFill);
    /// @notice Thrown when an order accepts its trade in advance, for which there is no rule yet.
    /// @param index Place in the batch.
    error Order_AcceptedInAdvance(uint256 index);
    /// @notice Thrown when a buy order names a meter, for which there is no rule yet.
    /// @param index Place in the batch.
    /// @param meter Id of the device.
    error Order_MeterNotZero(uint256 index, uint32 meter);
    error Order_WeightsSum(uint256 index, uint256 sum);
    error Order_LimitBeyondExpectation(uint256 index, uint256 attribute);
    error Order_ClassMissing(uint256 index, uint256 category);
    error Order_DeviceNotOwned(uint256 index, uint32 device, address trader);
    error Order_DeviceUnfit(uint256 index, uint32 device);
    error Order_Unknown(bytes32 market, OrderId id);
    error Order_AlreadyClosed(bytes32 market, OrderId id);
    error Order_StillBound(bytes32 market, OrderId id);

    /// @notice Open a market with fixed rules. Names of attributes and categories are announced, and hashed
    /// into the id. Any active participant may.
    /// Reverts if: it is open already; not now < closesAt ≤ slotStart, or not closesAt < finalBy; refundFrom is
    /// less than one slot, or more than one slot and 30 days, after both finalBy and the slot's end; the slot
    /// is not a multiple of the slot length; a count is above 8 or differs from the names; a source is unknown; there is no arbiter.
    function openMarket(Market calldata rules, string[] calldata attributes, string[] calldata categories)
        external
        returns (bytes32 market);

    /// @notice Post one's own order: a batch of one.
    function place(bytes32 market, PackedOrder calldata order) external returns (OrderId id);

    /// @notice Post signed orders of anyone. `signatures` are those of EIP-2098; for an order of a contract account r is zero
    /// and vs the index in `ofContracts` of what its ERC-1271 takes.
    /// Reverts if, for any order, with its index: the trader is not active; the signature is not the
    /// trader's; it is expired; its nonce is used; energy or price is zero; a field that its side or the
    /// market does not use is set; buyer: weights do not sum to 1 000 000, a limit is on the wrong side
    /// of its expectation, the free balance is below the reservation; seller: the minimum is above the ask, a class
    /// code is missing, the device is not the trader's, retired, of another carrier or subnet, or sells in this slot already.
    function placeSigned(
        bytes32 market,
        PackedOrder[] calldata orders,
        CompactSignature[] calldata signatures,
        bytes[] calldata ofContracts
    ) external returns (uint32 batch);

    /// @notice Cancel one's own posted order before the gate closes; a buyer's reservation is free at once, of a seller the
    /// nonce is used as `cancelNonces` does, so that nobody posts the order anew.
    function cancel(bytes32 market, Placed calldata placed) external;

    /// @notice Use up nonces of the sender's orders of one side: bit b of `mask` stands for nonce 32 · page + b, and all
    /// pages before `page` close (contracts/types/Nonces). Signed orders with them can never be posted. A buy order uses its
    /// nonce when it is posted, a sell order when it is cancelled: whoever replaces a signed sell order that is not posted
    /// uses up its nonce first.
    function cancelNonces(Side side, uint32 page, uint32 mask) external;

    /// @notice Free what of an order did not trade: the round is final without it or, in divisible mode, with a part of it; or
    /// the time for proposals is over and none stands. Anyone may call; the reservation of what did not trade goes back to
    /// the buyer's free balance, and a device that sold nothing may be sold anew.
    function release(bytes32 market, Placed[] calldata placed) external;

    /// @notice Reverts unless `placed` stands in its batch.
    function verify(bytes32 market, Placed calldata placed) external view;

    /// @notice The rules of a market. Reverts if it is unknown.
    function rulesOf(bytes32 market) external view returns (Market memory);

    /// @notice The id that these rules would have on this chain and contract.
    function marketId(Market calldata rules, string[] calldata attributes, string[] calldata categories)
        external
        view
        returns (bytes32);

    /// @notice Number of batches of a market.
    function batchCount(bytes32 market) external view returns (uint256);

    /// @notice Merkle root of a batch, and the bits of its orders that are cancelled or released.
    function batchState(bytes32 market, uint256 batch) external view returns (bytes32 root, uint256 closed);
}
