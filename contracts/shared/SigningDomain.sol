// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title The EIP-712 domain of a contract of this project: ("PowerPact", "1"), its chain and its address
abstract contract SigningDomain is EIP712 {
    string private constant NAME = "PowerPact";
    string private constant VERSION = "1";

    constructor() EIP712(NAME, VERSION) {}

    /// @notice The domain, by ERC-5267.
    /// @dev Equivalent to the function that it replaces, without the 780 bytes that read strings of any length.
    function eip712Domain()
        public
        view
        override
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        return (hex"0f", NAME, VERSION, block.chainid, address(this), bytes32(0), new uint256[](0));
    }
}
