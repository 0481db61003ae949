// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Signatures of P-256 keys, which secure elements and TPMs hold
/// @notice A device's key is known by an address. That of a P-256 key (secp256r1) is made as an account's: the last 20 bytes of
/// keccak256(x || y) of its public key. A device may sign with such a key whatever device keys sign: its binding, its change to
/// a new key, and its readings. People cannot: orders, mandates, agreements and votes are signed with secp256k1 alone.
/// @dev A contract of its own, without state: its code is deployed once, and asked for such signatures alone.
/// Two kinds of key behind one kind of address mix up nothing. To sign for an address on the other curve, one needs a public key
/// there that hashes to the same 160 bits, as hard to find as a second key on the same curve, and its private key. Whoever makes
/// two keys of their own with one address, in 2^80 trials, has done no more than to copy a key.
interface IDeviceKeys {
    /// @notice The address of the P-256 key that made `signature` over `digest`. Zero if none: it has another length than 128
    /// bytes, r or s is 0 or not below the order of the curve, s is above half of it, x and y are no point of the curve, or the
    /// key made another signature. Who has an s above half of the order, as secure elements give it every other time, takes the
    /// order less s.
    /// @dev It uses the precompile of EIP-7951 and RIP-7212 at 0x100 where the chain has it, also if the chain got it after the
    /// deployment, else arithmetic in Solidity: 8 400 and about 237 000 gas.
    /// @param digest The EIP-712 digest, signed as it is: a prehashed message, of which no SHA-256 is taken.
    /// @param signature r | s | x | y: the signature and the public key, 32 bytes each.
    function signerOf(bytes32 digest, bytes calldata signature) external view returns (address);

    /// @notice Whether the chain has the precompile, which decides what a signature costs: whether it takes one that is valid.
    function hasPrecompile() external view returns (bool);
}
