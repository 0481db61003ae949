// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {IMandates} from "../../interfaces/market/IMandates.sol";
import {IMarkets} from "../../interfaces/market/IMarkets.sol";
import {MandateHashing} from "../shared/MandateHashing.sol";
import {OrderHashing} from "../shared/OrderHashing.sol";
import {Signatures} from "../shared/Signatures.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {MandateFields, PackedMandate} from "../types/Mandates.sol";
import {ContestTerms, OrderTerms} from "../types/Markets.sol";
import {OrderFields, PackedOrder, Side} from "../types/Orders.sol";
import {Slot} from "../types/Slots.sol";
import {Ppm, Price, Wh} from "../types/Units.sol";

/// @title Mandates
/// @notice See IMandates for the specification.
contract Mandates is IMandates, EIP712 {
    using MandateFields for PackedMandate;
    using MandateHashing for PackedMandate;
    using OrderFields for PackedOrder;

    /// @dev slot 0: 4 + 8 + 1 = 13; slot 1: 20
    struct State {
        uint32 number;
        /// Energy of its orders that are open or have traded, Wh.
        Wh used;
        bool isRevoked;
        address delegate;
    }

    /// @dev What of a market a mandate bounds.
    struct Place {
        bytes32 market;
        bytes32 design;
        Slot slot;
        uint40 closesAt;
        uint40 refundFrom;
    }

    /// @dev Bits of `times` that no field uses, of the sides among them.
    uint256 private constant UNUSED_TIMES = (~uint256(0) << 248) | (uint256(0xfc) << 176);

    /// @dev Bits of `amounts` that no field uses.
    uint256 private constant UNUSED_AMOUNTS = ~uint256(0) << 224;

    /// @dev The bit of a turn that says that its order is open: above the number of orders, 32 bits.
    uint256 private constant OPEN = 1 << 32;

    IMarkets public immutable MARKETS;
    address public immutable ORDER_BOOK;

    /// @inheritdoc IMandates
    mapping(bytes32 mandate => State) public stateOf;
    /// @dev The number of mandates that are registered.
    uint32 private _count;
    mapping(uint32 number => bytes32 mandate) private _mandates;
    /// @dev By mandate and market: the turn of the buy orders 128 | the turn of the sell orders 128.
    mapping(uint32 number => mapping(bytes32 market => uint256)) private _turns;
    /// @dev By mandate and four slots in a row: energy of each, Wh, 64 bits, the first slot lowest. So three of four slots find a word
    /// that is in use.
    mapping(uint32 number => mapping(uint256 slots => uint256)) private _used;

    /// @param markets The rules.
    /// @param orderBook Who asks for every order.
    constructor(address markets, address orderBook) EIP712("PowerPact", "1") {
        MARKETS = IMarkets(markets);
        ORDER_BOOK = orderBook;
    }

    modifier onlyOrderBook() {
        require(msg.sender == ORDER_BOOK, Mandate_NotOrderBook(msg.sender));
        _;
    }

    // Giving and taking back

    /// @inheritdoc IMandates
    function register(PackedMandate calldata mandate, bytes calldata signature) external returns (uint32 number) {
        bytes32 id = mandate.structHash();
        State storage state = stateOf[id];
        require(state.number == 0, Mandate_AlreadyRegistered(id, state.number));
        require(!state.isRevoked, Mandate_Revoked(id));
        require(
            (mandate.times & UNUSED_TIMES) | (mandate.amounts & UNUSED_AMOUNTS) == 0
                && (mandate.buys() || mandate.sells()) && mandate.delegate() != address(0),
            Mandate_Malformed(id)
        );
        require(
            Signatures.isValid(mandate.trader(), _hashTypedDataV4(id), signature),
            Mandate_BadSignature(id, mandate.trader())
        );

        number = ++_count;
        (state.number, state.delegate) = (number, mandate.delegate());
        _mandates[number] = id;
        emit MandateRegistered(id, mandate.trader(), mandate.delegate(), number, mandate);
    }

    /// @inheritdoc IMandates
    function revoke(PackedMandate calldata mandate) external {
        require(mandate.trader() == msg.sender, Mandate_NotTrader(mandate.trader(), msg.sender));
        bytes32 id = mandate.structHash();
        stateOf[id].isRevoked = true;
        emit MandateRevoked(id, msg.sender);
    }

    // Orders

    /// @inheritdoc IMandates
    function admit(
        bytes32 market,
        PackedOrder[] calldata orders,
        PackedMandate[] calldata mandates,
        CompactSignature[] calldata signatures
    ) external onlyOrderBook {
        uint256 count = orders.length;
        require(
            count == mandates.length && count == signatures.length,
            Mandate_LengthMismatch(count, mandates.length, signatures.length)
        );
        Place memory place = _placeOf(market);
        for (uint256 i = 0; i < count; ++i) {
            _admit(i, place, orders[i], mandates[i], signatures[i]);
        }
    }

    /// @inheritdoc IMandates
    function giveBack(bytes32 market, Slot slot, uint32 number, Side side, Wh energy) external onlyOrderBook {
        State storage state = stateOf[_mandates[number]];
        state.used = state.used - energy;
        (uint256 slots, uint256 shift) = _laneOf(slot);
        _used[number][slots] -= uint256(Wh.unwrap(energy)) << shift;
        _turns[number][market] &= ~(OPEN << _turnShift(side));
    }

    // Looking up

    /// @inheritdoc IMandates
    function hashOf(PackedMandate calldata mandate) external pure returns (bytes32) {
        return mandate.structHash();
    }

    /// @inheritdoc IMandates
    function delegateOf(uint32 number) external view returns (address) {
        State storage state = stateOf[_mandates[number]];
        return state.isRevoked ? address(0) : state.delegate;
    }

    /// @inheritdoc IMandates
    function turnOf(uint32 number, bytes32 market, Side side) public view returns (uint32 turn, bool isOpen) {
        uint256 word = _turns[number][market] >> _turnShift(side);
        return (uint32(word), word & OPEN != 0);
    }

    /// @inheritdoc IMandates
    function usedIn(uint32 number, Slot slot) public view returns (Wh) {
        (uint256 slots, uint256 shift) = _laneOf(slot);
        return Wh.wrap(uint64(_used[number][slots] >> shift));
    }

    /// Reverts if: an order is not inside its mandate, not signed by the delegate for its turn, or one too many.
    function _admit(
        uint256 index,
        Place memory place,
        PackedOrder memory order,
        PackedMandate calldata mandate,
        CompactSignature calldata signature
    ) private {
        _requirePlace(index, mandate, place);
        _requireTerms(index, mandate, order);
        uint32 turn = _take(index, mandate.structHash(), mandate, order, place);
        _requireSigned(index, mandate.delegate(), turn, order, place.market, signature);
    }

    function _placeOf(bytes32 market) private view returns (Place memory place) {
        (ContestTerms contest, OrderTerms terms) = MARKETS.orderTermsOf(market);
        (place.market, place.design) = (market, MARKETS.designOf(market));
        (place.slot, place.closesAt, place.refundFrom) = (terms.slot(), contest.closesAt(), terms.refundFrom());
    }

    /// Reverts if: the market is of another design; its slot is not within the mandate, or too far ahead; its gate closes, or it
    /// refunds, too early or too late before or after the slot begins.
    function _requirePlace(uint256 index, PackedMandate calldata mandate, Place memory place) private view {
        require(place.design == mandate.design, Mandate_OtherDesign(index, place.design, mandate.design));
        uint256 start = place.slot.startAt();
        require(
            mandate.from() <= start && start + place.slot.length() <= mandate.until()
                && start <= block.timestamp + mandate.longestAhead()
                && _isWithin(start - place.closesAt, mandate.shortestLead(), mandate.longestLead())
                && _isWithin(place.refundFrom - start, mandate.shortestRefund(), mandate.longestRefund()),
            Mandate_OtherTimes(index, place.closesAt, place.slot, place.refundFrom)
        );
    }

    function _isWithin(uint256 time, uint256 shortest, uint256 longest) private pure returns (bool) {
        return shortest <= time && time <= longest;
    }

    /// Reverts if: the order is of another trader, of a side that the mandate does not allow, or names another device; its price is
    /// outside, or its terms are others.
    function _requireTerms(uint256 index, PackedMandate calldata mandate, PackedOrder memory order) private pure {
        require(order.trader() == mandate.trader(), Mandate_OtherTrader(index, order.trader(), mandate.trader()));
        bool isBuy = order.isBuy();
        require(isBuy ? mandate.buys() : mandate.sells(), Mandate_OtherSide(index, order.side()));
        uint32 device = order.device();
        require(
            device == mandate.device() || (isBuy && device == 0), Mandate_OtherDevice(index, device, mandate.device())
        );
        if (isBuy) _requireBuy(index, mandate, order);
        else _requireSell(index, mandate, order);
    }

    function _requireBuy(uint256 index, PackedMandate calldata mandate, PackedOrder memory order) private pure {
        Price bound = mandate.highestBid();
        require(!(order.price() > bound), Mandate_OtherPrice(index, order.price(), bound));
        require(
            order.levels == mandate.expectations && order.limits == mandate.limits && order.weights == mandate.weights
                && order.classes() == mandate.requires() && _isFilledAs(order, mandate),
            Mandate_OtherTerms(index)
        );
    }

    function _requireSell(uint256 index, PackedMandate calldata mandate, PackedOrder memory order) private pure {
        Price bound = mandate.lowestMinimum();
        require(!(bound > order.minPrice()), Mandate_OtherPrice(index, order.minPrice(), bound));
        require(
            order.levels == mandate.attributes && order.classes() == mandate.classes() && _isFilledAs(order, mandate),
            Mandate_OtherTerms(index)
        );
    }

    function _isFilledAs(PackedOrder memory order, PackedMandate calldata mandate) private pure returns (bool) {
        return Ppm.unwrap(order.minFill()) == mandate.minFill();
    }

    /// @dev Count an order; how many of its mandate, market and side there were before.
    /// Reverts if: it does not carry the number of the mandate, which is registered and not revoked; one is open; there is too much energy.
    function _take(
        uint256 index,
        bytes32 id,
        PackedMandate calldata mandate,
        PackedOrder memory order,
        Place memory place
    ) private returns (uint32 turn) {
        State storage state = stateOf[id];
        uint32 number = state.number;
        require(!state.isRevoked, Mandate_Revoked(id));
        require(number != 0 && order.nonce() == number, Mandate_WrongNumber(index, order.nonce(), number));
        turn = _nextTurn(index, id, number, order.side(), place.market);
        state.used = _sum(index, state.used, order.energy(), mandate.most());
        (uint256 slots, uint256 shift) = _laneOf(place.slot);
        // slither-disable-next-line unused-return
        _sum(index, usedIn(number, place.slot), order.energy(), mandate.mostPerSlot());
        _used[number][slots] += uint256(Wh.unwrap(order.energy())) << shift;
    }

    function _nextTurn(uint256 index, bytes32 id, uint32 number, Side side, bytes32 market)
        private
        returns (uint32 turn)
    {
        bool isOpen;
        (turn, isOpen) = turnOf(number, market, side);
        require(!isOpen, Mandate_OrderOpen(index, id, side));
        // The place of the next turn, and the bit that its order is open.
        _turns[number][market] += (1 | OPEN) << _turnShift(side);
    }

    /// Reverts if: the sum is more than `most`.
    function _sum(uint256 index, Wh used, Wh energy, Wh most) private pure returns (Wh) {
        uint256 sum = uint256(Wh.unwrap(used)) + Wh.unwrap(energy);
        require(sum <= Wh.unwrap(most), Mandate_TooMuch(index, sum, most));
        return Wh.wrap(uint64(sum));
    }

    /// Reverts if: the delegate did not sign the order for this turn.
    function _requireSigned(
        uint256 index,
        address delegate,
        uint32 turn,
        PackedOrder memory order,
        bytes32 market,
        CompactSignature calldata signature
    ) private view {
        bytes32 signed = MandateHashing.mandatedHash(order.side(), OrderHashing.structHash(market, order), turn);
        // The third value only tells more about a fault.
        // slither-disable-next-line unused-return
        (address recovered, ECDSA.RecoverError fault,) =
            ECDSA.tryRecover(_hashTypedDataV4(signed), signature.r, signature.vs);
        require(
            fault == ECDSA.RecoverError.NoError && recovered == delegate, Mandate_NotDelegate(index, delegate, turn)
        );
    }

    /// @dev Where the energy of a slot lies: the word, and the lowest bit in it.
    function _laneOf(Slot slot) private pure returns (uint256 slots, uint256 shift) {
        uint256 number = slot.startAt() / slot.length();
        return (number >> 2, (number & 3) << 6);
    }

    function _turnShift(Side side) private pure returns (uint256) {
        return side == Side.Buy ? 128 : 0;
    }
}
