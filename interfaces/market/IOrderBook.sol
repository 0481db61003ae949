// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CompactSignature} from "../../contracts/types/CompactSignature.sol";
import {PackedMandate} from "../../contracts/types/Mandates.sol";
import {Carrier} from "../../contracts/types/Markets.sol";
import {OrderId, PackedOrder, Side} from "../../contracts/types/Orders.sol";
import {Points, Ppm, Wh} from "../../contracts/types/Units.sol";

/// @title The orders of markets
/// @notice Orders come from their trader, or signed (EIP-712) and relayed by anyone, in batches. A batch
/// is kept as one Merkle root and one word of bits; its orders are in the event. The number of the trader's person, and what is
/// attested about the seller, are written into the order when it is posted, so that its score, and with whom it may trade,
/// depend on nothing but the orders. A buy order reserves the value of its energy at its bid.
/// @dev Trust assumptions.
/// Safety: none in the relayer (it cannot change an order; of two signed orders whose nonces lie on different pages it can choose
/// to post the later one first, which voids the earlier). Releases (fixed at deployment) releases orders. Admission and certification: IParticipantRegistry,
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
/// minFill is the least share of its energy, ppm, that a trade must give the order, in one-to-one mode; in divisible mode it is 0.
/// accept takes one value only, false: an order with another is refused. A buyer names a meter in markets
/// where the import counts, and 0 in others.
interface IOrderBook {
    /// @dev An order that stands in a batch, with its proof.
    struct Placed {
        OrderId id;
        PackedOrder order;
        bytes32[] siblings;
    }

    /// @notice Emitted when a batch of orders is posted, as they are in the book: with what is attested.
    event OrdersPlaced(bytes32 indexed market, uint32 indexed batch, address indexed relayer, PackedOrder[] orders);

    /// @notice Emitted when a trader cancels an order before the gate closes.
    event OrderCancelled(bytes32 indexed market, OrderId indexed id, address indexed trader);

    /// @notice Emitted when the untraded part of an order is released after the round.
    event OrderReleased(bytes32 indexed market, OrderId indexed id, address indexed trader);

    /// @notice Thrown when a batch has no orders.
    error Order_EmptyBatch();

    /// @notice Thrown when a batch has more orders than fit.
    error Order_BatchTooLarge(uint256 have, uint256 most);

    /// @notice Thrown when there are not as many signatures as orders.
    error Order_LengthMismatch(uint256 orders, uint256 signatures);

    /// @notice Thrown when someone else than the order's trader posts it unsigned, or than that and its delegate cancels it.
    error Order_NotTrader(address trader, address caller);

    /// @notice Thrown when the trader may not trade now.
    error Order_TraderNotActive(uint256 index, address trader);

    /// @notice Thrown when the auditors did not attest that the trader may buy, or sell.
    /// @param index Place in the batch.
    /// @param trader Whose order it is.
    /// @param side The order's side.
    error Order_SideNotPermitted(uint256 index, address trader, Side side);

    /// @notice Thrown when an order has more energy than the auditors attested as the most of one order, Wh.
    /// @param index Place in the batch.
    /// @param trader Whose order it is.
    /// @param energy The order's energy.
    /// @param most The most that its trader may order at once.
    error Order_EnergyNotPermitted(uint256 index, address trader, Wh energy, Wh most);

    /// @notice Thrown when the auditors did not attest that the trader may trade what flows in this market.
    /// @param index Place in the batch.
    /// @param trader Whose order it is.
    /// @param carrier The market's carrier.
    error Order_CarrierNotPermitted(uint256 index, address trader, Carrier carrier);

    /// @notice Thrown when a signature is not the trader's.
    error Order_BadSignature(uint256 index, address trader);

    /// @notice Thrown when an order expires before the gate closes, Unix seconds: whether it trades would depend on the clock.
    error Order_ExpiresEarly(uint256 index, uint40 expiry, uint40 closesAt);

    /// @notice Thrown when an order has less energy than the market's least, Wh.
    error Order_BelowLeastEnergy(uint256 index, Wh energy, Wh least);

    /// @notice Thrown when a buy order would reserve less than the market's least, micro-points.
    error Order_BelowLeastReservation(uint256 index, Points reserves, Points least);

    /// @notice Thrown when the bid or the ask is zero.
    error Order_ZeroPrice(uint256 index);

    /// @notice Thrown when a seller's minimum is above its ask, micro-points per kWh.
    error Order_MinAboveAsk(uint256 index, uint32 minPrice, uint32 ask);

    /// @notice Thrown when a seller's ask is above its minimum in a call auction, micro-points per kWh.
    error Order_AskNotMin(uint256 index, uint32 minPrice, uint32 ask);

    /// @notice Thrown when a field is set that the side or the market does not use, or that is attested.
    error Order_UnusedFieldSet(uint256 index);

    /// @notice Thrown when an order asks for a least share of its energy in divisible mode.
    /// @param index Place in the batch.
    /// @param minFill The least share, ppm.
    error Order_MinFillNotZero(uint256 index, Ppm minFill);

    /// @notice Thrown when an order asks for more than its energy.
    /// @param index Place in the batch.
    /// @param minFill The least share, ppm.
    error Order_MinFillAboveOne(uint256 index, Ppm minFill);

    /// @notice Thrown when an order accepts its trade in advance, for which there is no rule yet.
    /// @param index Place in the batch.
    error Order_AcceptedInAdvance(uint256 index);

    /// @notice Thrown when a buy order names no meter in a market where the import counts.
    error Order_MeterMissing(uint256 index);

    /// @notice Thrown when a buy order names a meter in a market where the export alone settles.
    /// @param index Place in the batch.
    /// @param meter Id of the device.
    error Order_MeterNotZero(uint256 index, uint32 meter);

    /// @notice Thrown when a buyer's weights do not sum to 1 000 000 ppm (to zero in a market without attributes).
    error Order_WeightsSum(uint256 index, uint256 sum);

    /// @notice Thrown when a buyer's limit is on the wrong side of the expectation.
    error Order_LimitBeyondExpectation(uint256 index, uint256 attribute);

    /// @notice Thrown when a seller leaves out the class of a category.
    error Order_ClassMissing(uint256 index, uint256 category);

    /// @notice Thrown when the device of a sell order is not the trader's.
    error Order_DeviceNotOwned(uint256 index, uint32 device, address trader);

    /// @notice Thrown when the device of a sell order is not certified, retired, or of another carrier or subnet.
    error Order_DeviceUnfit(uint256 index, uint32 device);

    /// @notice Thrown when an order is not in the book.
    error Order_Unknown(bytes32 market, OrderId id);

    /// @notice Thrown when an order is cancelled or released already.
    error Order_AlreadyClosed(bytes32 market, OrderId id);

    /// @notice Thrown when an order is to be released whose round is not over, or that trades as a whole.
    error Order_StillBound(bytes32 market, OrderId id);

    /// @notice Thrown when another contract than Releases releases orders.
    error Order_NotReleaser(address caller);

    /// @notice Thrown when an order is posted under a mandate and does not say so.
    /// @param index Place in the batch.
    error Order_NotMandated(uint256 index);

    // Posting orders

    /// @notice Posts an order of the sender, as a batch of one.
    /// Reverts as `placeSigned` does, but for the signature.
    /// @param market The market's id.
    /// @param order The order, whose trader is the sender.
    /// @return id The order's id.
    function place(bytes32 market, PackedOrder calldata order) external returns (OrderId id);

    /// @notice Posts signed orders of any traders, as one batch.
    /// Reverts if, for any order, with its index: the trader is not active, may not buy or sell, or not so much
    /// at once; the signature is not the
    /// trader's; it expires before the gate closes; its nonce is used, or far ahead; its energy is below the market's
    /// least, or its price zero; a field that its side or the market does not use is set; minFill is above 1; buyer: it would
    /// reserve less than the market's least, weights do not sum to 1 000 000, a limit is on the wrong side
    /// of its expectation, the free balance is below the reservation; seller: the minimum is above the ask, a class
    /// code is missing, the device is not the trader's, retired, of another carrier or subnet, or sells in this slot already.
    /// @param market The market's id.
    /// @param orders The orders, 1 to 256.
    /// @param signatures One for each order, in two words (EIP-2098). For a contract account r is zero, and vs the index in
    /// `ofContracts` of its signature.
    /// @param ofContracts Signatures that contract accounts check (ERC-1271).
    /// @return batch Number of the batch, from 0.
    function placeSigned(
        bytes32 market,
        PackedOrder[] calldata orders,
        CompactSignature[] calldata signatures,
        bytes[] calldata ofContracts
    ) external returns (uint32 batch);

    /// @notice Posts orders that delegates signed inside mandates (IMandates), as one batch.
    /// Reverts as `placeSigned` does, but for signatures and nonces; and if an order is not mandated, and as IMandates.admit does.
    /// @param market The market's id.
    /// @param orders The orders, 1 to 256, each with the number of its mandate in place of a nonce.
    /// @param mandates The mandate of each order.
    /// @param signatures Of each order by its delegate, in two words (EIP-2098).
    /// @return batch Number of the batch, from 0.
    function placeMandated(
        bytes32 market,
        PackedOrder[] calldata orders,
        PackedMandate[] calldata mandates,
        CompactSignature[] calldata signatures
    ) external returns (uint32 batch);

    // Cancelling

    /// @notice Cancels a posted order of the sender, or of the mandate whose delegate the sender is. A buyer's reservation is released at once; a seller's nonce is consumed,
    /// as by `cancelNonces`, so the order cannot be posted again; the energy of a mandated order is given back to its mandate.
    /// Reverts if: the gate has closed; the sender is neither the trader nor the delegate of a mandate in force; the order is not in the book, or closed.
    /// @param market The market's id.
    /// @param placed The order, with its proof.
    function cancel(bytes32 market, Placed calldata placed) external;

    /// @notice Uses up nonces of the sender's orders of one side, and closes all pages before `page`, which is at most 1 024
    /// pages ahead (contracts/types/Nonces). Signed orders with these nonces can never be posted. A buy order uses its nonce when it is
    /// posted, a sell order when it is cancelled: to replace a signed sell order that is not posted, use up its nonce first.
    /// @param side Of which orders.
    /// @param page Number of the page of 32 nonces.
    /// @param mask Bit b is nonce 32 · page + b.
    function cancelNonces(Side side, uint32 page, uint32 mask) external;

    // Releasing

    /// @notice Releases only: closes orders of which a part, or all, did not trade (IReleases.release), and releases the reservation of that part to the buyer's free balance. A device whose order sold
    /// nothing can sell the slot again. What is closed already is passed over.
    /// Reverts if: an order is not in the book; all are closed already.
    /// @param market The market's id.
    /// @param placed The orders, each with its proof.
    /// @param bound How much of each order's energy trades, Wh: below the order's energy.
    function release(bytes32 market, Placed[] calldata placed, Wh[] calldata bound) external;

    // Looking up

    /// @notice Reverts unless `placed` is in its batch.
    /// @param market The market's id.
    /// @param placed The order, with its proof.
    function verify(bytes32 market, Placed calldata placed) external view;

    /// @notice Merkle root of a batch, and the bits of its orders that are cancelled or released.
    /// @param market The market's id.
    /// @param batch Number of the batch, from 0.
    /// @return root Merkle root; 0 if there is no such batch.
    /// @return closed Bit i is set if the order at place i is cancelled or released.
    function batchState(bytes32 market, uint256 batch) external view returns (bytes32 root, uint256 closed);
}
