// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Signatures} from "../shared/Signatures.sol";

/// @title An account that is a contract: its owner's key signs for it (ERC-1271)
contract SmartAccount is IERC1271 {
    address private immutable OWNER;

    error SmartAccount_NotOwner(address caller);

    constructor(address owner) {
        OWNER = owner;
    }

    /// @notice Call `target` as this account.
    function execute(address target, bytes calldata data) external returns (bytes memory) {
        require(msg.sender == OWNER, SmartAccount_NotOwner(msg.sender));
        return Address.functionCall(target, data);
    }

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        return Signatures.recover(hash, signature) == OWNER ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}
