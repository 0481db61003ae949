// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IOrderBook} from "../../../interfaces/IOrderBook.sol";
import {OrderFields, PackedOrder, Side} from "../../types/Orders.sol";

/// @title Hashes of orders: what the trader signs, and the leaf in a batch's Merkle tree
library OrderHashing {
    using OrderFields for PackedOrder;

    bytes32 internal constant BUY_TYPEHASH = keccak256(
        "BuyOrder(bytes32 market,address trader,uint64 energyWh,uint32 bid,bytes8 requires,uint32 nonce,"
        "uint40 expiry,uint32[8] expectations,uint32[8] limits,uint32[8] weights)"
    );
    bytes32 internal constant SELL_TYPEHASH = keccak256(
        "SellOrder(bytes32 market,address trader,uint64 energyWh,uint32 ask,uint32 minPrice,bytes8 classes,"
        "uint32 device,uint32 nonce,uint40 expiry,uint32[8] attributes)"
    );

    /// @notice EIP-712 struct hash of the order as its trader signs it.
    function structHash(bytes32 market, PackedOrder memory order) internal pure returns (bytes32) {
        if (order.side() == Side.Buy) {
            return keccak256(
                abi.encode(
                    BUY_TYPEHASH,
                    market,
                    order.trader(),
                    order.energy(),
                    order.price(),
                    order.classes(),
                    order.nonce(),
                    order.expiry(),
                    _hashEight(order.levels),
                    _hashEight(order.limits),
                    _hashEight(order.weights)
                )
            );
        }
        return keccak256(
            abi.encode(
                SELL_TYPEHASH,
                market,
                order.trader(),
                order.energy(),
                order.price(),
                order.minPrice(),
                order.classes(),
                order.device(),
                order.nonce(),
                order.expiry(),
                _hashEight(order.levels)
            )
        );
    }

    /// @notice Leaf of the order at `index` of its batch.
    /// @dev Six words, so that no inner node (two words) can be taken for a leaf.
    function leaf(uint256 index, PackedOrder memory order) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, order));
    }

    /// @notice The root that the order's proof leads to.
    function rootOf(IOrderBook.Placed calldata placed) internal pure returns (bytes32) {
        return MerkleProof.processProofCalldata(placed.siblings, leaf(placed.id.indexOf(), placed.order));
    }

    /// @dev EIP-712 encoding of uint32[8] that lies in one word, element 0 in the lowest bits.
    function _hashEight(uint256 word) private pure returns (bytes32) {
        return keccak256(
            abi.encode(
                uint32(word),
                uint32(word >> 32),
                uint32(word >> 64),
                uint32(word >> 96),
                uint32(word >> 128),
                uint32(word >> 160),
                uint32(word >> 192),
                uint32(word >> 224)
            )
        );
    }
}
