// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDeviceKeys} from "../../interfaces/registry/IDeviceKeys.sol";
import {CompactSignature} from "../types/CompactSignature.sol";

/// @title Signatures of keys, of contract accounts and of devices
library Signatures {
    /// @notice Whether `signature` is `signer`'s over `digest`: 65 bytes, 64 bytes (EIP-2098), or
    /// whatever the contract at `signer` takes (ERC-1271).
    /// @dev The key is tried first, which saves looking whether the signer has code.
    function isValid(address signer, bytes32 digest, bytes calldata signature) internal view returns (bool) {
        (address recovered, ECDSA.RecoverError fault) = _recover(digest, signature);
        if (fault == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return SignatureChecker.isValidERC1271SignatureNow(signer, digest, signature);
    }

    /// @notice Whether `signature` is that of `signer`'s key over `digest` or, with r = 0, `ofContracts[vs]` is what
    /// the contract at `signer` takes (ERC-1271).
    function isValid(address signer, bytes32 digest, CompactSignature calldata signature, bytes[] calldata ofContracts)
        internal
        view
        returns (bool)
    {
        (bytes32 r, bytes32 vs) = (signature.r, signature.vs);
        if (r == 0) {
            return uint256(vs) < ofContracts.length
                && SignatureChecker.isValidERC1271SignatureNow(signer, digest, ofContracts[uint256(vs)]);
        }
        // The third value only tells more about a fault.
        // slither-disable-next-line unused-return
        (address recovered, ECDSA.RecoverError fault,) = ECDSA.tryRecover(digest, r, vs);
        return fault == ECDSA.RecoverError.NoError && recovered == signer;
    }

    /// @notice The account whose key made `signature` over `digest`, zero if none.
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address) {
        (address recovered, ECDSA.RecoverError fault) = _recover(digest, signature);
        return fault == ECDSA.RecoverError.NoError ? recovered : address(0);
    }

    /// @notice The account whose key made `signature` over `digest`, zero if none.
    function recover(bytes32 digest, CompactSignature calldata signature) internal pure returns (address) {
        // The third value only tells more about a fault.
        // slither-disable-next-line unused-return
        (address recovered, ECDSA.RecoverError fault,) = ECDSA.tryRecover(digest, signature.r, signature.vs);
        return fault == ECDSA.RecoverError.NoError ? recovered : address(0);
    }

    /// @notice The address of the device key that made `signature` over `digest`, zero if none: a P-256 key if it has 128 bytes,
    /// else secp256k1, as an account's.
    function recover(IDeviceKeys keys, bytes32 digest, bytes calldata signature) internal view returns (address) {
        return signature.length == 128 ? keys.signerOf(digest, signature) : recover(digest, signature);
    }

    function _recover(bytes32 digest, bytes calldata signature) private pure returns (address, ECDSA.RecoverError) {
        address recovered = address(0);
        ECDSA.RecoverError fault;
        // The third value only tells more about a fault.
        if (signature.length == 64) {
            // slither-disable-next-line unused-return
            (recovered, fault,) = ECDSA.tryRecover(digest, bytes32(signature[:32]), bytes32(signature[32:]));
        } else if (signature.length == 65) {
            (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
            // slither-disable-next-line unused-return
            (recovered, fault,) = ECDSA.tryRecover(digest, uint8(signature[64]), r, s);
        } else {
            fault = ECDSA.RecoverError.InvalidSignatureLength;
        }
        return (recovered, fault);
    }
}
