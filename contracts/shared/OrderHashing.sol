// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IOrderBook} from "../../interfaces/market/IOrderBook.sol";
import {OrderFields, PackedOrder} from "../types/Orders.sol";

/// @title Hashes of orders: what the trader signs, and the leaf in a batch's Merkle tree
library OrderHashing {
    using OrderFields for PackedOrder;

    bytes32 internal constant BUY_TYPEHASH = keccak256(
        "BuyOrder(bytes32 market,address trader,uint64 energyWh,uint32 bid,bytes8 requires,uint32 minFill,"
        "bool accept,uint32 meter,uint32 nonce,uint40 expiry,uint32[8] expectations,uint32[8] limits,uint32[8] weights)"
    );
    bytes32 internal constant SELL_TYPEHASH = keccak256(
        "SellOrder(bytes32 market,address trader,uint64 energyWh,uint32 ask,uint32 minPrice,bytes8 classes,"
        "uint32 minFill,bool accept,uint32 device,uint32 nonce,uint40 expiry,uint32[8] attributes)"
    );

    /// @notice EIP-712 struct hash of the order as its trader signs it.
    function structHash(bytes32 market, PackedOrder memory order) internal pure returns (bytes32) {
        return order.isBuy() ? _buyHash(market, order) : _sellHash(market, order);
    }

    /// @notice Leaf of the order at `index` of its batch.
    /// @dev Six words, so that no inner node (two words) can be taken for a leaf.
    function leafOf(uint256 index, PackedOrder calldata order) internal pure returns (bytes32 hash) {
        // Equivalent to keccak256(abi.encode(index, order)), without taking memory for good.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, index)
            calldatacopy(add(scratch, 32), order, 160)
            hash := keccak256(scratch, 192)
        }
    }

    /// @notice The root that the order's proof leads to.
    function rootOf(IOrderBook.Placed calldata placed) internal pure returns (bytes32) {
        return MerkleProof.processProofCalldata(placed.siblings, leafOf(placed.id.indexOf(), placed.order));
    }

    function _buyHash(bytes32 market, PackedOrder memory order) private pure returns (bytes32 hash) {
        bytes32 typeHash = BUY_TYPEHASH;
        (bytes32 expectations, bytes32 limits) = (hashEight(order.levels), hashEight(order.limits));
        bytes32 weights = hashEight(order.weights);
        // Equivalent to keccak256(abi.encode(typeHash, market, trader, energy, price, classes, minFill, accept, device,
        // nonce, expiry, expectations, limits, weights)), without taking memory for good.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            let head := mload(order)
            let terms := mload(add(order, 32))
            mstore(scratch, typeHash)
            mstore(add(scratch, 32), market)
            mstore(add(scratch, 64), shr(96, head))
            mstore(add(scratch, 96), and(shr(32, head), 0xffffffffffffffff))
            mstore(add(scratch, 128), and(head, 0xffffffff))
            mstore(add(scratch, 160), shl(192, shr(104, terms)))
            mstore(add(scratch, 192), and(shr(208, terms), 0xfffff))
            mstore(add(scratch, 224), and(shr(228, terms), 1))
            mstore(add(scratch, 256), and(shr(72, terms), 0xffffffff))
            mstore(add(scratch, 288), and(shr(40, terms), 0xffffffff))
            mstore(add(scratch, 320), and(terms, 0xffffffffff))
            mstore(add(scratch, 352), expectations)
            mstore(add(scratch, 384), limits)
            mstore(add(scratch, 416), weights)
            hash := keccak256(scratch, 448)
        }
    }

    function _sellHash(bytes32 market, PackedOrder memory order) private pure returns (bytes32 hash) {
        bytes32 typeHash = SELL_TYPEHASH;
        bytes32 attributes = hashEight(order.levels);
        // Equivalent to keccak256(abi.encode(typeHash, market, trader, energy, price, minPrice, classes, minFill,
        // accept, device, nonce, expiry, attributes)), without taking memory for good.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            let head := mload(order)
            let terms := mload(add(order, 32))
            mstore(scratch, typeHash)
            mstore(add(scratch, 32), market)
            mstore(add(scratch, 64), shr(96, head))
            mstore(add(scratch, 96), and(shr(32, head), 0xffffffffffffffff))
            mstore(add(scratch, 128), and(head, 0xffffffff))
            mstore(add(scratch, 160), and(shr(168, terms), 0xffffffff))
            mstore(add(scratch, 192), shl(192, shr(104, terms)))
            mstore(add(scratch, 224), and(shr(208, terms), 0xfffff))
            mstore(add(scratch, 256), and(shr(228, terms), 1))
            mstore(add(scratch, 288), and(shr(72, terms), 0xffffffff))
            mstore(add(scratch, 320), and(shr(40, terms), 0xffffffff))
            mstore(add(scratch, 352), and(terms, 0xffffffffff))
            mstore(add(scratch, 384), attributes)
            hash := keccak256(scratch, 416)
        }
    }

    /// @notice EIP-712 encoding of uint32[8] that lies in one word, element 0 in the lowest bits.
    function hashEight(uint256 word) internal pure returns (bytes32 hash) {
        // Equivalent to keccak256(abi.encode(uint32(word), uint32(word >> 32), …, uint32(word >> 224))),
        // without taking memory for good.
        assembly ("memory-safe") {
            let scratch := mload(0x40)
            mstore(scratch, and(word, 0xffffffff))
            mstore(add(scratch, 32), and(shr(32, word), 0xffffffff))
            mstore(add(scratch, 64), and(shr(64, word), 0xffffffff))
            mstore(add(scratch, 96), and(shr(96, word), 0xffffffff))
            mstore(add(scratch, 128), and(shr(128, word), 0xffffffff))
            mstore(add(scratch, 160), and(shr(160, word), 0xffffffff))
            mstore(add(scratch, 192), and(shr(192, word), 0xffffffff))
            mstore(add(scratch, 224), shr(224, word))
            hash := keccak256(scratch, 256)
        }
    }
}
