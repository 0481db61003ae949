// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CompactSignature} from "../../contracts/types/CompactSignature.sol";
import {PackedMandate} from "../../contracts/types/Mandates.sol";
import {PackedOrder, Side} from "../../contracts/types/Orders.sol";
import {Slot} from "../../contracts/types/Slots.sol";
import {Price, Wh} from "../../contracts/types/Units.sol";

/// @title Mandates: orders that a delegate signs in a trader's name
/// @notice A trader signs one mandate (EIP-712), which anyone registers; from then on a key of its gateway or browser signs
/// orders inside it, slot after slot. A mandate bounds sides, device, energy of a slot and in all, prices, terms and times, and
/// names the design of the markets: a delegate chooses neither arbiter nor penalties. The delegate can cancel, too. Its orders use none of the trader's nonces. Each is
/// known by mandate, market and side, of which one is open at a time; what does not trade is given back to the mandate.
/// @dev Trust assumptions.
/// Safety: a delegate, or who steals its key, orders within the mandate and nothing else, until the trader revokes it; the trader
/// can cancel what is open. The signature of a contract account (ERC-1271) is asked for once, at registration. OrderBook (fixed at deployment) asks for every order and tells every end.
/// Liveness: none. A trader can always order without a mandate.
///
/// Signed types, in this contract's EIP-712 domain ("PowerPact", "1"):
/// Mandate(address trader,address delegate,bytes32 design,bool buys,bool sells,uint32 device,uint64 mostWhPerSlot,uint64 mostWh,
///   uint32 highestBid,uint32 lowestMinPrice,uint32 minFill,bytes8 requires,bytes8 classes,uint40 from,uint40 until,
///   uint32 shortestLead,uint32 longestLead,uint32 shortestRefund,uint32 longestRefund,uint32 longestAhead,uint32 serial,
///   uint32[8] expectations,uint32[8] limits,uint32[8] weights,uint32[8] attributes)
/// MandatedBuyOrder(BuyOrder order,uint32 turn) and MandatedSellOrder(SellOrder order,uint32 turn), with the order as in IOrderBook, whose nonce
/// is the number of the mandate. `turn` counts the orders of this mandate, market and side, from 0: no signature counts twice.
interface IMandates {
    /// @notice Emitted when a mandate is registered.
    /// @param mandate The mandate's EIP-712 struct hash.
    /// @param trader Who gave it.
    /// @param delegate Whose key signs its orders.
    /// @param number What its orders carry in place of a nonce, from 1.
    /// @param terms The mandate.
    event MandateRegistered(
        bytes32 indexed mandate, address indexed trader, address indexed delegate, uint32 number, PackedMandate terms
    );

    /// @notice Emitted when a trader revokes a mandate, registered or not.
    event MandateRevoked(bytes32 indexed mandate, address indexed trader);

    /// @notice Thrown when a mandate is registered already.
    error Mandate_AlreadyRegistered(bytes32 mandate, uint32 number);

    /// @notice Thrown when a mandate is revoked.
    error Mandate_Revoked(bytes32 mandate);

    /// @notice Thrown when the signature of a mandate is not its trader's.
    error Mandate_BadSignature(bytes32 mandate, address trader);

    /// @notice Thrown when a mandate is for no side, has no delegate, or a field that no rule reads is set.
    error Mandate_Malformed(bytes32 mandate);

    /// @notice Thrown when someone else than its trader revokes a mandate.
    error Mandate_NotTrader(address trader, address caller);

    /// @notice Thrown when another contract than OrderBook uses mandates.
    error Mandate_NotOrderBook(address caller);

    /// @notice Thrown when there are not as many mandates or signatures as orders.
    error Mandate_LengthMismatch(uint256 orders, uint256 mandates, uint256 signatures);

    /// @notice Thrown when an order does not carry the number of its mandate, or that is not registered.
    /// @param index Place in the batch.
    /// @param have What the order carries.
    /// @param number The mandate's; 0: it is not registered.
    error Mandate_WrongNumber(uint256 index, uint32 have, uint32 number);

    /// @notice Thrown when the trader of an order did not give its mandate.
    error Mandate_OtherTrader(uint256 index, address trader, address giver);

    /// @notice Thrown when an order is not signed by its mandate's delegate, for this turn.
    error Mandate_NotDelegate(uint256 index, address delegate, uint32 turn);

    /// @notice Thrown when the market is of another design.
    error Mandate_OtherDesign(uint256 index, bytes32 have, bytes32 design);

    /// @notice Thrown when the slot is outside of the mandate or too far ahead, or the market's gate or refund too near or too far.
    error Mandate_OtherTimes(uint256 index, uint40 closesAt, Slot slot, uint40 refundFrom);

    /// @notice Thrown when a mandate is not for orders of this side.
    error Mandate_OtherSide(uint256 index, Side side);

    /// @notice Thrown when an order names another device.
    error Mandate_OtherDevice(uint256 index, uint32 have, uint32 device);

    /// @notice Thrown when a bid is above, or a minimum below, what the mandate allows, micro-points per kWh.
    error Mandate_OtherPrice(uint256 index, Price have, Price bound);

    /// @notice Thrown when classes, min fill, expectations, limits, weights or attributes of an order are not the mandate's.
    error Mandate_OtherTerms(uint256 index);

    /// @notice Thrown when an order of this mandate, market and side is open.
    error Mandate_OrderOpen(uint256 index, bytes32 mandate, Side side);

    /// @notice Thrown when the orders of a slot, or all orders, have too much energy, Wh.
    error Mandate_TooMuch(uint256 index, uint256 have, Wh most);

    // Giving and taking back

    /// @notice Registers a mandate that its trader signed. Anyone may call.
    /// Reverts if: it is registered or revoked; the signature is not its trader's; it is malformed.
    /// @param mandate The mandate.
    /// @param signature The trader's, in any form that its key or contract (ERC-1271) makes.
    /// @return number What its orders carry in place of a nonce.
    function register(PackedMandate calldata mandate, bytes calldata signature) external returns (uint32 number);

    /// @notice Revokes a mandate of the sender, registered or not, for good. What is open under it stays in the book; its trader can cancel
    /// it as any other order.
    /// Reverts if: the sender is not its trader.
    /// @param mandate The mandate.
    function revoke(PackedMandate calldata mandate) external;

    // Orders

    /// @notice OrderBook only: counts orders of one market, each inside its mandate.
    /// Reverts if, for any order, with its index: its mandate is not registered or revoked, or of another trader, design, side or device; the
    /// delegate did not sign it for this turn; the market's times are outside; its price, terms or energy; one of its market and side is
    /// open.
    /// @param market The market's id.
    /// @param orders The orders, each with the number of its mandate in place of a nonce.
    /// @param mandates The mandate of each order.
    /// @param signatures Of each order by its delegate, in two words (EIP-2098).
    function admit(
        bytes32 market,
        PackedOrder[] calldata orders,
        PackedMandate[] calldata mandates,
        CompactSignature[] calldata signatures
    ) external;

    /// @notice OrderBook only: an order is closed, and the energy that does not trade is given back to the mandate.
    /// @param market The market's id.
    /// @param slot Its delivery slot.
    /// @param number The mandate's number.
    /// @param side The order's side.
    /// @param energy What does not trade, Wh.
    function giveBack(bytes32 market, Slot slot, uint32 number, Side side, Wh energy) external;

    // Looking up

    /// @notice EIP-712 struct hash of a mandate.
    /// @param mandate The mandate; units and bounds as in contracts/types/Mandates.
    function hashOf(PackedMandate calldata mandate) external pure returns (bytes32);

    /// @notice What is known of a mandate.
    /// @param mandate Its struct hash.
    /// @return number What its orders carry in place of a nonce; 0: not registered.
    /// @return used Energy of all its orders that are open or have traded, Wh.
    /// @return isRevoked Whether its trader revoked it.
    /// @return delegate Whose key signs its orders.
    function stateOf(bytes32 mandate) external view returns (uint32 number, Wh used, bool isRevoked, address delegate);

    /// @notice Who orders under a mandate, and cancels what is open under it.
    /// @param number The mandate's number.
    /// @return The delegate; zero if there is no such mandate, or it is revoked.
    function delegateOf(uint32 number) external view returns (address);

    /// @notice The orders of a mandate in a market.
    /// @param number The mandate's number.
    /// @param market The market's id.
    /// @param side Of which orders.
    /// @return turn How many there were: the turn of the next one.
    /// @return isOpen Whether the last of them is open, or has traded as a whole.
    function turnOf(uint32 number, bytes32 market, Side side) external view returns (uint32 turn, bool isOpen);

    /// @notice Energy of the orders of a mandate in a slot that are open or have traded, Wh.
    /// @param number The mandate's number.
    /// @param slot The delivery slot.
    function usedIn(uint32 number, Slot slot) external view returns (Wh);
}
