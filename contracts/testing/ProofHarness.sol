// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @title OpenZeppelin's judgement of a multiproof, for tests
contract ProofHarness {
    function verify(bytes32[] calldata proof, bool[] calldata flags, bytes32 root, bytes32[] calldata leaves)
        external
        pure
        returns (bool)
    {
        return MerkleProof.multiProofVerifyCalldata(proof, flags, root, leaves);
    }

    /// @dev A leaf of EAS PrivateData.
    function leaf(string calldata type_, string calldata name, bytes calldata value, bytes32 salt)
        external
        pure
        returns (bytes32)
    {
        return keccak256(bytes.concat(keccak256(abi.encode(type_, name, value, salt))));
    }
}
