// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId} from "../../../contracts/types/Orders.sol";
import {Ppm, Price, Wh} from "../../../contracts/types/Units.sol";
import {IMechanism} from "../IMechanism.sol";

/// @title Call auction: all trades of a round at one price, refuted by one order
/// @notice Orders are divisible, and a seller names one price. Bids above the price and minimums below it are filled, and
/// orders at the price share what is left by equal increments. Let high be the least of the bids with a fill and of the minimums
/// that are not full, low the greatest of the minimums with a fill and of the bids that are not full; then
/// price = low + ⌊k · (high − low) / 1 000 000⌋ with the k of the market's rules.
/// @dev Public prices are one word, a PriceWord (contracts/clearing/mechanisms/call/UniformPrice): price, low, high, and which
/// orders at the price are rationed. So what each order must get, F, is a function of the order and the word.
/// A trade is worth bid − minimum, micro-points per kWh, for each Wh. Dual prices are gains, |limit − price|: objective
/// and bound are equal exactly if every trading order that is better than the price is full.
/// One order refutes: its fill is not F, or it narrows [low, high]. Two orders complete a certificate: the first
/// attains high, the second low; they may be the same. So low and high are exact, and with them the price. If every order gets F,
/// one side of the market is filled as far as the other reaches, and no other price trades more.
/// A round without a trade says a threshold: one bid that reaches it refutes, or one minimum below it.
/// An exhaustive proof looks at each order once.
/// A buyer and a seller of one trade may be the same person, although each order says whose it is: the price alone decides what
/// each gets, and one order refutes, which cannot show whose the other is.
interface ICallAuction is IMechanism {
    /// @notice Thrown when public prices contradict themselves or the market's k, or a threshold is not alone.
    error Call_BadPrices(uint256 word);

    /// @notice Thrown when a dual price is not the order's gain, micro-points per kWh.
    error Call_WrongDual(OrderId id, Ppm given, Ppm needed);

    /// @notice Thrown when an order shown, or every order (id 0), fails to attain an end of the interval, micro-points per kWh.
    error Call_NotAttained(OrderId id, Price end);

    /// @notice Thrown when an order that is shown refutes nothing: its fill, Wh, is right.
    error Call_OrderFits(OrderId id, Wh filled);

    /// @notice Thrown when a round is not proven, since the fill of this order, Wh, is wrong, or narrows the interval.
    error Call_WrongFill(OrderId id, Wh filled);
}
