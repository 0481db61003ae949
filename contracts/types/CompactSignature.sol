// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @dev A signature in two words (EIP-2098): the highest bit of `vs` is the parity, the rest is s.
struct CompactSignature {
    bytes32 r;
    bytes32 vs;
}
