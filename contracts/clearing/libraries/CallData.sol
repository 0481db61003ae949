// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Passing the calldata of a call through to another contract
/// @dev Its function has the same arguments, but for the first word. Encoding the orders of a chunk again would cost a trade
/// some 2 000 gas.
library CallData {
    /// @notice Ask a function of another contract; what it returns.
    /// Reverts if: it does, with its error.
    function ask(address target, bytes4 selector, bytes32 first) internal view returns (bytes memory answer) {
        // Equivalent to target.functionStaticCall(abi.encodePacked(selector, first, msg.data[36:])) of OpenZeppelin's
        // Address for a target with code. What it answers is written over what was asked.
        assembly ("memory-safe") {
            answer := mload(0x40)
            calldatacopy(answer, 0, calldatasize())
            mstore(answer, selector)
            mstore(add(answer, 4), first)
            let isDone := staticcall(gas(), target, answer, calldatasize(), 0, 0)
            mstore(answer, returndatasize())
            returndatacopy(add(answer, 32), 0, returndatasize())
            mstore(0x40, and(add(add(answer, returndatasize()), 63), not(31)))
            if iszero(isDone) { revert(add(answer, 32), mload(answer)) }
        }
    }
}
