// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Errors that are handed on before anything reverts
/// @dev A fault is the data of a custom error, none if there is no fault: so what is wrong with one item of a list can be told
/// without giving up the others.
library Faults {
    /// @notice The fault of an error with three values of one word each.
    function make(bytes4 error_, uint256 first, uint256 second, uint256 third) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(error_, first, second, third);
    }

    /// @notice The fault of an error with four values of one word each.
    function make(bytes4 error_, uint256 first, uint256 second, uint256 third, uint256 fourth)
        internal
        pure
        returns (bytes memory)
    {
        return abi.encodeWithSelector(error_, first, second, third, fourth);
    }

    /// @notice Revert with the fault, if there is one.
    function raise(bytes memory fault) internal pure {
        if (fault.length == 0) return;
        assembly ("memory-safe") {
            revert(add(fault, 32), mload(fault))
        }
    }
}
