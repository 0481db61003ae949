// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IDeviceKeys} from "../../interfaces/registry/IDeviceKeys.sol";

/// @title Signatures of P-256 keys, which secure elements and TPMs hold
contract DeviceKeys is IDeviceKeys {
    /// @dev Bytes of r, s, x and y.
    uint256 private constant LENGTH = 128;

    /// @dev Where the precompile is, on every chain that has it.
    address private constant PRECOMPILE = address(0x100);

    /// @inheritdoc IDeviceKeys
    function signerOf(bytes32 digest, bytes calldata signature) external view returns (address) {
        if (signature.length != LENGTH) return address(0);
        (bytes32 r, bytes32 s, bytes32 x, bytes32 y) = abi.decode(signature, (bytes32, bytes32, bytes32, bytes32));
        if (!P256.verify(digest, r, s, x, y)) return address(0);
        return address(uint160(uint256(keccak256(signature[64:]))));
    }

    /// @inheritdoc IDeviceKeys
    /// @dev The signature is of "123400", from Wycheproof's ecdsa_secp256r1_sha256_p1363_test.json.
    // Calling it says nothing if it is not there: an empty answer.
    // slither-disable-next-line low-level-calls
    function hasPrecompile() external view returns (bool) {
        (bool success, bytes memory answer) = PRECOMPILE.staticcall(
            abi.encode(
                0xbb5a52f42f9c9261ed4361f59422a1e30036e7c32b270c8807a419feca605023,
                uint256(5),
                uint256(1),
                0xa71af64de5126a4a4e02b7922d66ce9415ce88a4c9d25514d91082c8725ac957,
                0x5d47723c8fbe580bb369fec9c2665d8e30a435b9932645482e7c9f11e872296b
            )
        );
        return success && answer.length == 32 && abi.decode(answer, (uint256)) == 1;
    }
}
