// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {DeviceKeys} from "../../contracts/registry/DeviceKeys.sol";
import {ForgeTest} from "./Vm.sol";

contract DeviceKeysTest is ForgeTest {
    uint256 private constant ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551;

    DeviceKeys private keys;

    function setUp() public {
        keys = new DeviceKeys();
    }

    /// Whatever key signs whatever digest, its address is told, and never for the other half of s.
    function testFuzz_knowsWhoSigned(uint256 secret, bytes32 digest) public {
        (bytes memory signature, bytes memory twin) = _signed(secret, digest);
        (uint256 x, uint256 y) = vm.publicKeyP256(fold(secret, 1, ORDER - 1));
        address key = address(uint160(uint256(keccak256(abi.encode(x, y)))));
        assertTrue(keys.signerOf(digest, signature) == key, "the key that signed");
        assertTrue(keys.signerOf(digest, twin) == address(0), "one signature of the two is taken");
    }

    /// A bit that was changed makes it nobody's, wherever it is.
    function testFuzz_noticesEveryBit(uint256 secret, bytes32 digest, uint256 bit) public {
        (bytes memory signature,) = _signed(secret, digest);
        bit = fold(bit, 0, 1279); // 1 024 of the signature, then 256 of the digest
        if (bit < 1024) signature[bit / 8] ^= bytes1(uint8(1 << (bit % 8)));
        else digest ^= bytes32(1 << (bit - 1024));
        assertTrue(keys.signerOf(digest, signature) == address(0), "a changed bit must be noticed");
    }

    /// With the lower s, and with the upper.
    function _signed(uint256 secret, bytes32 digest) private pure returns (bytes memory signature, bytes memory twin) {
        secret = fold(secret, 1, ORDER - 1);
        (bytes32 r, bytes32 s) = vm.signP256(secret, digest);
        (uint256 x, uint256 y) = vm.publicKeyP256(secret);
        uint256 low = uint256(s) > ORDER / 2 ? ORDER - uint256(s) : uint256(s);
        signature = abi.encode(r, low, x, y);
        twin = abi.encode(r, ORDER - low, x, y);
    }
}
