// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {OrderId} from "../../types/Orders.sol";
import {PackedTrade} from "../../types/Trades.sol";
import {Ppm, Wh} from "../../types/Units.sol";

/// @dev What a mechanism answers about a chunk, in memory, as the ABI encodes an IMechanism.Chunk: the place of its first
/// word. What is written once is returned, received and logged without a copy.
type ChunkAnswer is uint256;

/// @dev An order that trades in a chunk:
///   partial 1 | continued 1 | filled 64 | before 64 | dual price 32 | id 40
/// from the most significant bit down.
type Entry is uint256;

using {
    ChunkAnswers.set,
    ChunkAnswers.setEntry,
    ChunkAnswers.entryAt,
    ChunkAnswers.entryCount,
    ChunkAnswers.tradeAt,
    ChunkAnswers.leafAt,
    ChunkAnswers.send,
    ChunkAnswers.root,
    ChunkAnswers.objective,
    ChunkAnswers.bound,
    ChunkAnswers.rows,
    ChunkAnswers.tradeCount,
    ChunkAnswers.log
} for ChunkAnswer global;
using {id, dual, before, filled, isContinued, isPartial} for Entry global;

function packEntry(OrderId id_, Ppm dual_, Wh before_, Wh filled_, bool continued, bool part) pure returns (Entry) {
    return Entry.wrap(
        OrderId.unwrap(id_) | (uint256(Ppm.unwrap(dual_)) << 40) | (uint256(Wh.unwrap(before_)) << 72)
            | (uint256(Wh.unwrap(filled_)) << 136) | (continued ? 1 << 200 : 0) | (part ? 1 << 201 : 0)
    );
}

function id(Entry entry) pure returns (OrderId) {
    return OrderId.wrap(uint40(Entry.unwrap(entry)));
}

/// @notice The order's dual price, in the mechanism's unit.
function dual(Entry entry) pure returns (Ppm) {
    return Ppm.wrap(uint32(Entry.unwrap(entry) >> 40));
}

/// @notice Energy of its trades in earlier chunks, Wh.
function before(Entry entry) pure returns (Wh) {
    return Wh.wrap(uint64(Entry.unwrap(entry) >> 72));
}

/// @notice Energy of its trades so far, Wh.
function filled(Entry entry) pure returns (Wh) {
    return Wh.wrap(uint64(Entry.unwrap(entry) >> 136));
}

/// @notice Whether it trades in a later chunk, too.
function isContinued(Entry entry) pure returns (bool) {
    return (Entry.unwrap(entry) >> 200) & 1 != 0;
}

/// @notice Divisible mode: whether less than its energy trades so far.
function isPartial(Entry entry) pure returns (bool) {
    return (Entry.unwrap(entry) >> 201) & 1 != 0;
}

/// @title Writing, returning and reading the answer about a chunk
library ChunkAnswers {
    /// @dev Words before the entries: root, objective, bound, rows, two offsets, and the number of entries.
    uint256 private constant HEAD = 224;

    /// @dev Bytes of a PackedTrade.
    uint256 private constant TRADE_SIZE = 128;

    /// @notice An answer with room for `orders` entries and `links` trades. `rows_` are those that the chunk proves.
    /// @dev Warning: whoever makes it fills each of them.
    function make(uint256 orders, uint256 links, uint256 rows_) internal pure returns (ChunkAnswer answer) {
        assembly ("memory-safe") {
            answer := add(mload(0x40), 32)
            mstore(sub(answer, 32), 32)
            let trades := add(HEAD, mul(32, orders))
            mstore(add(answer, 96), rows_)
            mstore(add(answer, 128), 192)
            mstore(add(answer, 160), trades)
            mstore(add(answer, 192), orders)
            let list := add(answer, trades)
            mstore(list, add(64, mul(TRADE_SIZE, links)))
            mstore(add(list, 32), 32)
            mstore(add(list, 64), links)
            mstore(0x40, add(add(list, 96), mul(TRADE_SIZE, links)))
        }
    }

    /// @notice The answer in what a contract returned.
    function answerIn(bytes memory returned) internal pure returns (ChunkAnswer answer) {
        assembly ("memory-safe") {
            answer := add(returned, 64)
        }
    }

    /// @notice Write what there is beside rows, entries and trades.
    function set(ChunkAnswer answer, bytes32 root_, uint256 objective_, uint256 bound_) internal pure {
        assembly ("memory-safe") {
            mstore(answer, root_)
            mstore(add(answer, 32), objective_)
            mstore(add(answer, 64), bound_)
        }
    }

    function setEntry(ChunkAnswer answer, uint256 index, Entry entry) internal pure {
        assembly ("memory-safe") {
            mstore(add(add(answer, HEAD), mul(32, index)), entry)
        }
    }

    /// @notice The entry at `index`.
    /// @dev Warning: does not check that index < count.
    function entryAt(ChunkAnswer answer, uint256 index) internal pure returns (Entry entry) {
        assembly ("memory-safe") {
            entry := mload(add(add(answer, HEAD), mul(32, index)))
        }
    }

    function entryCount(ChunkAnswer answer) internal pure returns (uint256 count) {
        assembly ("memory-safe") {
            count := mload(add(answer, 192))
        }
    }

    /// @notice The trade at `index`, not a copy.
    /// @dev Warning: does not check that index < count.
    function tradeAt(ChunkAnswer answer, uint256 index) internal pure returns (PackedTrade memory trade) {
        uint256 first = _firstTrade(answer);
        assembly ("memory-safe") {
            trade := add(first, mul(TRADE_SIZE, index))
        }
    }

    /// @notice Leaf of the trade at `index` in the chunk's Merkle tree.
    /// @dev Five words, so that no inner node (two words) can be taken for a leaf.
    function leafAt(ChunkAnswer answer, uint256 index) internal pure returns (bytes32 leaf) {
        uint256 first = _firstTrade(answer);
        // Equivalent to keccak256(abi.encode(index, trade)): the word before the trade gives way to the index for a moment.
        assembly ("memory-safe") {
            let place := sub(add(first, mul(TRADE_SIZE, index)), 32)
            let word := mload(place)
            mstore(place, index)
            leaf := keccak256(place, 160)
            mstore(place, word)
        }
    }

    /// @notice Return the answer from the call.
    function send(ChunkAnswer answer) internal pure {
        uint256 first = _firstTrade(answer);
        assembly ("memory-safe") {
            let end := add(first, mul(TRADE_SIZE, mload(sub(first, 32))))
            return(sub(answer, 32), add(sub(end, answer), 32))
        }
    }

    /// @notice Merkle root of the trades; 0 if there are none.
    function root(ChunkAnswer answer) internal pure returns (bytes32) {
        return bytes32(_word(answer, 0));
    }

    /// @notice What the trades are worth.
    function objective(ChunkAnswer answer) internal pure returns (uint256) {
        return _word(answer, 32);
    }

    /// @notice Σ dual price · capacity over the orders that trade for the first time.
    function bound(ChunkAnswer answer) internal pure returns (uint256) {
        return _word(answer, 64);
    }

    /// @notice The orders of the round that are proven with the chunk; 0: none.
    function rows(ChunkAnswer answer) internal pure returns (uint256) {
        return _word(answer, 96);
    }

    function tradeCount(ChunkAnswer answer) internal pure returns (uint256) {
        return _word(ChunkAnswer.wrap(_firstTrade(answer) - 32), 0);
    }

    /// @notice Log the trades as the data of an event with two indexed arguments.
    function log(ChunkAnswer answer, bytes32 topic, uint256 first, uint256 second) internal {
        uint256 trades = _firstTrade(answer);
        // Equivalent to `emit` of the event with the trades as its only argument that is not indexed.
        assembly ("memory-safe") {
            log3(sub(trades, 64), mload(sub(trades, 96)), topic, first, second)
        }
    }

    function _firstTrade(ChunkAnswer answer) private pure returns (uint256 first) {
        assembly ("memory-safe") {
            first := add(add(answer, mload(add(answer, 160))), 96)
        }
    }

    function _word(ChunkAnswer answer, uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(answer, offset))
        }
    }
}
