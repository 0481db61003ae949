// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MandateFields, PackedMandate} from "../types/Mandates.sol";
import {Side} from "../types/Orders.sol";
import {OrderHashing} from "./OrderHashing.sol";

/// @title Hashes of mandates and of the orders that a delegate signs
library MandateHashing {
    using MandateFields for PackedMandate;

    bytes32 internal constant MANDATE_TYPEHASH = keccak256(
        "Mandate(address trader,address delegate,bytes32 design,bool buys,bool sells,uint32 device,uint64 mostWhPerSlot,"
        "uint64 mostWh,uint32 highestBid,uint32 lowestMinPrice,uint32 minFill,bytes8 requires,bytes8 classes,uint40 from,"
        "uint40 until,uint32 shortestLead,uint32 longestLead,uint32 shortestRefund,uint32 longestRefund,"
        "uint32 longestAhead,uint32 serial,uint32[8] expectations,uint32[8] limits,uint32[8] weights,uint32[8] attributes)"
    );
    bytes32 internal constant BUY_TYPEHASH = keccak256(
        "MandatedBuyOrder(BuyOrder order,uint32 turn)"
        "BuyOrder(bytes32 market,address trader,uint64 energyWh,uint32 bid,bytes8 requires,uint32 minFill,"
        "bool accept,uint32 meter,uint32 nonce,uint40 expiry,uint32[8] expectations,uint32[8] limits,uint32[8] weights)"
    );
    bytes32 internal constant SELL_TYPEHASH = keccak256(
        "MandatedSellOrder(SellOrder order,uint32 turn)"
        "SellOrder(bytes32 market,address trader,uint64 energyWh,uint32 ask,uint32 minPrice,bytes8 classes,"
        "uint32 minFill,bool accept,uint32 device,uint32 nonce,uint40 expiry,uint32[8] attributes)"
    );

    /// @notice EIP-712 struct hash of a mandate as its trader signs it.
    function structHash(PackedMandate calldata mandate) internal pure returns (bytes32) {
        return keccak256(
            bytes.concat(_encodeKeys(mandate), _encodeBounds(mandate), _encodeTimes(mandate), _encodeTerms(mandate))
        );
    }

    /// @notice EIP-712 struct hash of an order as a delegate signs it.
    /// @param side Its side.
    /// @param order Its struct hash (OrderHashing).
    /// @param turn How many orders of this mandate, market and side there were before.
    function mandatedHash(Side side, bytes32 order, uint32 turn) internal pure returns (bytes32) {
        return keccak256(abi.encode(side == Side.Buy ? BUY_TYPEHASH : SELL_TYPEHASH, order, turn));
    }

    function _encodeKeys(PackedMandate calldata mandate) private pure returns (bytes memory) {
        return abi.encode(
            MANDATE_TYPEHASH, mandate.trader(), mandate.delegate(), mandate.design, mandate.buys(), mandate.sells()
        );
    }

    function _encodeBounds(PackedMandate calldata mandate) private pure returns (bytes memory) {
        return abi.encode(
            mandate.device(),
            mandate.mostPerSlot(),
            mandate.most(),
            mandate.highestBid(),
            mandate.lowestMinimum(),
            mandate.minFill(),
            mandate.requires(),
            mandate.classes()
        );
    }

    function _encodeTimes(PackedMandate calldata mandate) private pure returns (bytes memory) {
        return abi.encode(
            mandate.from(),
            mandate.until(),
            mandate.shortestLead(),
            mandate.longestLead(),
            mandate.shortestRefund(),
            mandate.longestRefund(),
            mandate.longestAhead(),
            mandate.serial()
        );
    }

    function _encodeTerms(PackedMandate calldata mandate) private pure returns (bytes memory) {
        return abi.encode(
            OrderHashing.hashEight(mandate.expectations),
            OrderHashing.hashEight(mandate.limits),
            OrderHashing.hashEight(mandate.weights),
            OrderHashing.hashEight(mandate.attributes)
        );
    }
}
