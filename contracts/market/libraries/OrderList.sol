// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedOrder} from "../../types/Orders.sol";

/// @dev Orders side by side in memory, as the ABI encodes an array of them: the place of the first order. Before it
/// stand their number, the offset 32 and room for a selector and the length of it all, so that the same bytes are
/// the data of an event and of a call.
type OrderList is uint256;

/// @dev What a contract answered about the orders of a batch, one word for each: the place of the first word in memory.
type Answers is uint256;

/// @dev Before anybody was asked.
Answers constant NO_ANSWERS = Answers.wrap(0);

using {answerTo, isNone} for Answers global;
using {
    OrderLists.length,
    OrderLists.at,
    OrderLists.leafAt,
    OrderLists.ask,
    OrderLists.askWith,
    OrderLists.log
} for OrderList global;

/// @notice The answer about the order at `index`.
/// @dev Warning: does not check that there are as many.
function answerTo(Answers answers, uint256 index) pure returns (uint256 word) {
    assembly ("memory-safe") {
        word := mload(add(answers, mul(32, index)))
    }
}

/// @notice Whether nobody was asked yet.
function isNone(Answers answers) pure returns (bool) {
    return Answers.unwrap(answers) == Answers.unwrap(NO_ANSWERS);
}

/// @title Batches of orders in memory
/// @dev From calldata to the event without a copy: encoding each order anew costs a tenth of posting it.
library OrderLists {
    /// @dev Bytes of a PackedOrder.
    uint256 private constant ORDER_SIZE = 160;

    /// @notice The orders of a call.
    function copy(PackedOrder[] calldata orders) internal pure returns (OrderList list) {
        uint256 offset;
        // Equivalent to the place of orders[0] in the calldata.
        assembly ("memory-safe") {
            offset := orders.offset
        }
        return _copy(offset, orders.length);
    }

    /// @notice A list of one order.
    function copyOne(PackedOrder calldata order) internal pure returns (OrderList list) {
        uint256 offset;
        // Equivalent to the place of the order in the calldata.
        assembly ("memory-safe") {
            offset := order
        }
        return _copy(offset, 1);
    }

    /// @notice The number of orders.
    function length(OrderList list) internal pure returns (uint256 count) {
        assembly ("memory-safe") {
            count := mload(sub(list, 32))
        }
    }

    /// @notice The order at `index`, not a copy.
    /// @dev Warning: does not check that index < length.
    function at(OrderList list, uint256 index) internal pure returns (PackedOrder memory order) {
        assembly ("memory-safe") {
            order := add(list, mul(ORDER_SIZE, index))
        }
    }

    /// @notice Leaf of the order at `index` in the batch's Merkle tree.
    /// @dev Six words, so that no inner node (two words) can be taken for a leaf.
    function leafAt(OrderList list, uint256 index) internal pure returns (bytes32 leaf) {
        // Equivalent to keccak256(abi.encode(index, order)): the word before the order gives way to the index for a moment.
        assembly ("memory-safe") {
            let place := sub(add(list, mul(ORDER_SIZE, index)), 32)
            let before := mload(place)
            mstore(place, index)
            leaf := keccak256(place, 192)
            mstore(place, before)
        }
    }

    /// @notice Ask a contract of the deployment about the orders, by a function that takes them and nothing else: one word
    /// for each order.
    /// @dev Warning: what it answers is taken as it is.
    function ask(OrderList list, address target, bytes4 selector) internal returns (Answers answers) {
        bytes memory data;
        // Equivalent to abi.encodeWithSelector(selector, orders): length 32 | selector 4 | offset 32 | count 32 | orders.
        // The selector's word reaches into that of the length, which is written after it.
        assembly ("memory-safe") {
            data := sub(list, 100)
            mstore(sub(list, 96), shr(224, selector))
            mstore(data, add(68, mul(ORDER_SIZE, mload(sub(list, 32)))))
        }
        return _call(target, data);
    }

    /// @notice `ask` by a function that takes one word before the orders.
    function askWith(OrderList list, address target, bytes4 selector, uint256 word) internal returns (Answers answers) {
        bytes memory data;
        // Equivalent to abi.encodeWithSelector(selector, word, orders): length 32 | selector 4 | word 32 | offset 32 |
        // count 32 | orders, each word written before the one that reaches into it.
        assembly ("memory-safe") {
            data := sub(list, 132)
            mstore(sub(list, 128), shr(224, selector))
            mstore(data, add(100, mul(ORDER_SIZE, mload(sub(list, 32)))))
            mstore(sub(list, 96), word)
            mstore(sub(list, 64), 64)
        }
        answers = _call(target, data);
        // The event's data begin with the offset of an array alone.
        assembly ("memory-safe") {
            mstore(sub(list, 64), 32)
        }
    }

    /// @notice Log the orders as the data of an event with three indexed arguments.
    function log(OrderList list, bytes32 topic, bytes32 first, uint256 second, address third) internal {
        // Equivalent to `emit` of the event with the orders as its only argument that is not indexed.
        assembly ("memory-safe") {
            log4(sub(list, 64), add(64, mul(ORDER_SIZE, mload(sub(list, 32)))), topic, first, second, third)
        }
    }

    function _call(address target, bytes memory data) private returns (Answers answers) {
        // Equivalent to abi.decode(target.functionCall(data), (uint256[])), offset 32 | count 32 | words, without looking whether
        // the target has code, as contracts of the deployment have.
        assembly ("memory-safe") {
            let answer := mload(0x40)
            let isDone := call(gas(), target, 0, add(data, 32), mload(data), 0, 0)
            returndatacopy(answer, 0, returndatasize())
            if iszero(isDone) { revert(answer, returndatasize()) }
            mstore(0x40, add(answer, returndatasize()))
            answers := add(answer, 64)
        }
    }

    function _copy(uint256 offset, uint256 count) private pure returns (OrderList list) {
        // Equivalent to abi.encode(orders), after room of 96 bytes for `askWith`.
        assembly ("memory-safe") {
            list := add(mload(0x40), 160)
            mstore(sub(list, 64), 32)
            mstore(sub(list, 32), count)
            calldatacopy(list, offset, mul(ORDER_SIZE, count))
            mstore(0x40, add(list, mul(ORDER_SIZE, count)))
        }
    }
}
