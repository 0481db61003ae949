// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOrderBook} from "../../../interfaces/market/IOrderBook.sol";
import {Reliability, SellerTerms} from "../../types/Attested.sol";
import {AttributeSource, CALL, ContestTerms, Delivery, LeastTerms, Mode, OrderTerms} from "../../types/Markets.sol";
import {MAX_ATTRIBUTES, OrderFields, PackedOrder} from "../../types/Orders.sol";
import {Slot} from "../../types/Slots.sol";
import {ONE_PPM, Points, Ppm, Price, Wh, valueDown} from "../../types/Units.sol";
import {Lanes} from "../../shared/Lanes.sol";

/// @title What a well-formed order is, given the rules of its market
/// @dev Pure checks of the order's own fields; `index` is the order's place in its batch, for the errors.
library OrderRules {
    using OrderFields for PackedOrder;

    /// @dev The rules of a market as words that are held against whole words of an order.
    struct Form {
        /// Bits of `terms` that a buy order leaves zero: minimum, meter unless it counts, classes that the market lacks, and the
        /// top.
        uint256 notInBuy;
        /// Bits of `terms` that a sell order leaves zero: classes that the market lacks or attests, and the top.
        uint256 notInSell;
        /// The highest bit of each class of `terms` that a sell order states.
        uint256 statedCategories;
        /// The lowest bit of the class of `terms` that is attested; 0: none.
        uint256 sourceCategory;
        /// All ones in the lanes of attributes that the market lacks.
        uint256 noAttributes;
        /// All ones in the lanes of the attributes that are attested.
        uint256 attested;
        /// All ones in the lanes of the cost attributes.
        uint256 costs;
        /// The delivery slot.
        Slot slot;
        /// Whether a buy order names a meter.
        bool metered;
        /// Carrier of the devices and meters.
        uint256 carrier;
        /// Their subnet; 0: any.
        uint256 subnet;
        /// What the weights sum to, ppm.
        uint256 weightsSum;
        /// One in the lane of each attribute with this source.
        uint256 asks;
        uint256 credibilities;
        uint256 reliabilities;
        uint256 trades;
        /// Whether a seller's ask must equal its minimum.
        bool onePrice;
        /// Gate closure, Unix seconds: no order expires before.
        uint40 closesAt;
        /// How large an order must be.
        LeastTerms least;
    }

    /// @dev Where the classes lie in `terms`.
    uint256 private constant CLASSES_SHIFT = 104;

    /// @dev Bits above the side in `terms`: `minFill`, which counts in one-to-one mode only, `accept`, which has no rule yet, and
    /// what no field uses.
    uint256 private constant TOP = ~uint256(0) << 201;

    /// @dev Where the least fill lies in `terms`, and its bits.
    uint256 private constant FILL_SHIFT = 208;
    uint256 private constant MIN_FILL = 0xfffff << FILL_SHIFT;

    /// @dev Where a buy order has in the book what its meter bought before, in `terms`.
    uint256 private constant BOUGHT_SHIFT = 168;

    /// @dev Bits of the seller's minimum, and of the device or meter, in `terms`.
    uint256 private constant MINIMUM = uint256(type(uint32).max) << BOUGHT_SHIFT;
    uint256 private constant DEVICE = uint256(type(uint32).max) << 72;

    /// @notice The form of the market's orders.
    function formOf(ContestTerms contest, OrderTerms terms, LeastTerms least) internal pure returns (Form memory form) {
        uint256 count = contest.matching().attributeCount();
        uint256 incomes = contest.matching().incomeMask();
        form.noAttributes = count == MAX_ATTRIBUTES ? 0 : ~uint256(0) << (32 * count);
        form.weightsSum = count == 0 ? 0 : ONE_PPM;
        (form.slot, form.carrier, form.subnet) = (terms.slot(), terms.carrier(), terms.subnet());
        form.metered = terms.delivery() == Delivery.BothSides;
        form.onePrice = contest.matching().mechanism() == CALL;
        (form.closesAt, form.least) = (contest.closesAt(), least);
        for (uint256 f = 0; f < count; ++f) {
            uint256 lane = uint256(type(uint32).max) << (32 * f);
            if ((incomes >> f) & 1 == 0) form.costs |= lane;
            uint256 one = 1 << (32 * f);
            AttributeSource source = terms.sourceAt(f);
            if (source == AttributeSource.Declared) continue;
            form.attested |= lane;
            if (source == AttributeSource.Ask) form.asks |= one;
            else if (source == AttributeSource.Credibility) form.credibilities |= one;
            else if (source == AttributeSource.Reliability) form.reliabilities |= one;
            else form.trades |= one;
        }
        uint256 unused = contest.matching().mode() == Mode.OneToOne ? TOP ^ MIN_FILL : TOP;
        _setCategories(form, unused, terms.categoryCount(), terms.sourceCategory());
    }

    /// @notice Check the fields of an order as its trader signed it.
    /// Reverts if: the energy is below the market's least; the price is zero; the order expires before the gate closes; `accept`,
    /// which has no rule yet, is set, or `minFill` above 1, or in divisible mode not 0; a field that the side or the market does
    /// not use, or that is attested, is set; and what `_checkBuyer` and `_checkSeller` list.
    function check(uint256 index, PackedOrder memory order, Form memory form) internal pure {
        require(
            !(form.least.leastEnergy() > order.energy()),
            IOrderBook.Order_BelowLeastEnergy(index, order.energy(), form.least.leastEnergy())
        );
        require(Price.unwrap(order.price()) != 0, IOrderBook.Order_ZeroPrice(index));
        require(order.expiry() >= form.closesAt, IOrderBook.Order_ExpiresEarly(index, order.expiry(), form.closesAt));
        if (order.isBuy()) _checkBuyer(index, order, form);
        else _checkSeller(index, order, form);
        // No bit above the least fill is set.
        require(order.terms >> FILL_SHIFT <= ONE_PPM, IOrderBook.Order_MinFillAboveOne(index, order.minFill()));
    }

    /// @notice Check the device of a sell order, or the meter of a buy order.
    /// Reverts if: it is not the trader's; it is not certified, or retired; it is of another carrier or subnet than the market.
    function checkDevice(uint256 index, PackedOrder memory order, Form memory form, SellerTerms device) internal pure {
        require(
            device.owner() == order.trader(), IOrderBook.Order_DeviceNotOwned(index, order.device(), order.trader())
        );
        require(
            device.isFit() && device.carrier() == form.carrier && (form.subnet == 0 || device.subnet() == form.subnet),
            IOrderBook.Order_DeviceUnfit(index, order.device())
        );
    }

    /// @notice Write into a sell order what is attested.
    /// @param device What the registry knows of the device: its energy source, and what it sold of the slot before.
    /// @param credibility Attested credibility of the seller.
    /// @param past What is known of the seller's trades.
    function attest(PackedOrder memory order, Form memory form, SellerTerms device, Ppm credibility, Reliability past)
        internal
        pure
    {
        order.terms |= device.source() * form.sourceCategory;
        order.limits = Wh.unwrap(device.energy());
        // Cannot overflow a lane: each value is below 2^32, and each lane has one source.
        unchecked {
            order.levels |= Price.unwrap(order.price()) * form.asks | Ppm.unwrap(credibility) * form.credibilities
            | Ppm.unwrap(past.rate()) * form.reliabilities | past.trades() * form.trades;
        }
    }

    /// @notice Write into a buy order what its meter bought of the slot before.
    /// @param meter What the registry knows of the meter.
    function attestMeter(PackedOrder memory order, SellerTerms meter) internal pure {
        order.terms |= uint256(Wh.unwrap(meter.energy())) << BOUGHT_SHIFT;
    }

    /// @dev The masks of the categories: of `count`, of which the one before `source` is attested. `unused`: the bits above the
    /// side that no order sets.
    function _setCategories(Form memory form, uint256 unused, uint256 count, uint256 source) private pure {
        uint256 lacking = uint256(type(uint64).max >> (8 * count)) << CLASSES_SHIFT;
        form.notInBuy = unused | MINIMUM | lacking | (form.metered ? 0 : DEVICE);
        form.notInSell = unused | lacking;
        for (uint256 c = 0; c < count; ++c) {
            uint256 lowest = 1 << (CLASSES_SHIFT + 56 - 8 * c);
            if (c + 1 == source) {
                (form.sourceCategory, form.notInSell) = (lowest, form.notInSell | 0xff * lowest);
            } else {
                form.statedCategories |= 0x80 * lowest;
            }
        }
    }

    /// Reverts if: there is no meter where one counts; less than the market's least would be reserved; the weights do not sum to 1 000 000 (to zero in a market without attributes); an
    /// income attribute's limit is above its expectation, or a cost attribute's below.
    function _checkBuyer(uint256 index, PackedOrder memory order, Form memory form) private pure {
        (uint256 expectations, uint256 limits, uint256 weights) = (order.levels, order.limits, order.weights);
        uint256 unused = (order.terms & form.notInBuy) | ((expectations | limits | weights) & form.noAttributes);
        if (unused != 0) _refuseUnused(index, order, form);
        require(!form.metered || order.device() != 0, IOrderBook.Order_MeterMissing(index));
        Points reserves = valueDown(order.energy(), order.price());
        require(
            !(form.least.leastReservation() > reserves),
            IOrderBook.Order_BelowLeastReservation(index, reserves, form.least.leastReservation())
        );
        // Turned round, x → 2^32 − 1 − x, a cost attribute is an income attribute.
        (expectations, limits) = (expectations ^ form.costs, limits ^ form.costs);
        if (!Lanes.noneBelow(expectations, limits)) {
            revert IOrderBook.Order_LimitBeyondExpectation(index, _firstBelow(expectations, limits));
        }
        uint256 sum = Lanes.sum(weights);
        require(sum == form.weightsSum, IOrderBook.Order_WeightsSum(index, sum));
    }

    /// Reverts if: the minimum is above the ask, or in a call auction below it; a class code is missing.
    function _checkSeller(uint256 index, PackedOrder memory order, Form memory form) private pure {
        uint256 terms = order.terms;
        uint256 unused = (terms & form.notInSell) | (order.levels & (form.noAttributes | form.attested));
        if (unused | order.limits | order.weights != 0) _refuseUnused(index, order, form);
        require(
            !(order.minPrice() > order.price()),
            IOrderBook.Order_MinAboveAsk(index, Price.unwrap(order.minPrice()), Price.unwrap(order.price()))
        );
        require(
            !form.onePrice || !(order.price() > order.minPrice()),
            IOrderBook.Order_AskNotMin(index, Price.unwrap(order.minPrice()), Price.unwrap(order.price()))
        );
        // The highest bit of each class that is not zero: its lower bits carry into it unless they are zero.
        uint256 lower = form.statedCategories - (form.statedCategories >> 7);
        uint256 given = ((terms & lower) + lower) | terms;
        if (given & form.statedCategories != form.statedCategories) {
            revert IOrderBook.Order_ClassMissing(index, _firstMissing(given, form.statedCategories));
        }
    }

    /// @dev Say that a field is set which has no rule yet or does not count in the market, or else that one is set which the
    /// side or the market does not use.
    function _refuseUnused(uint256 index, PackedOrder memory order, Form memory form) private pure {
        require(order.terms & MIN_FILL & form.notInBuy == 0, IOrderBook.Order_MinFillNotZero(index, order.minFill()));
        require(!order.accept(), IOrderBook.Order_AcceptedInAdvance(index));
        uint32 meter = order.device();
        require(form.metered || !order.isBuy() || meter == 0, IOrderBook.Order_MeterNotZero(index, meter));
        revert IOrderBook.Order_UnusedFieldSet(index);
    }

    /// @dev The first attribute whose value in `a` is below the one in `b`.
    function _firstBelow(uint256 a, uint256 b) private pure returns (uint256 attribute) {
        while (uint32(a >> (32 * attribute)) >= uint32(b >> (32 * attribute))) ++attribute;
    }

    /// @dev The first class of which `needed` has the highest bit and `given` does not.
    function _firstMissing(uint256 given, uint256 needed) private pure returns (uint256 category) {
        while ((needed & ~given) >> (CLASSES_SHIFT + 63 - 8 * category) & 1 == 0) ++category;
    }
}
