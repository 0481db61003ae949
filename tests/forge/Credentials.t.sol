// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ICredentials} from "../../interfaces/registry/ICredentials.sol";
import {Credentials} from "../../contracts/registry/Credentials.sol";
import {ForgeTest, Vm} from "./Vm.sol";

contract CredentialsTest is ForgeTest {
    bytes32 private constant UID = "credential";
    Credentials private registry;

    function setUp() public {
        vm.warp(1_700_000_000);
        registry = new Credentials();
    }

    /// An issuer revokes once, permanently, and says nothing about other issuers or credentials.
    function testFuzz_revokesForItselfOnly(address issuer, address other, bytes32 uid, bytes32 otherUid) public {
        vm.assume(issuer != other && uid != otherUid);
        vm.recordLogs();
        vm.prank(issuer);
        registry.revoke(uid);

        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 1, "one event");
        assertEq(logs[0].topics[0], keccak256("CredentialRevoked(bytes32,address)"), "its name");
        assertEq(logs[0].topics[1], uid, "its credential");
        assertEq(logs[0].topics[2], bytes32(uint256(uint160(issuer))), "its issuer");
        assertEq(registry.revokedAt(issuer, uid), 1_700_000_000, "when it revoked");
        assertEq(registry.revokedAt(other, uid), 0, "nobody else's signature");
        assertEq(registry.revokedAt(issuer, otherUid), 0, "no other credential");

        vm.warp(1_800_000_000);
        vm.expectRevert(
            abi.encodeWithSelector(ICredentials.Credentials_AlreadyRevoked.selector, issuer, uid, 1_700_000_000)
        );
        vm.prank(issuer);
        registry.revoke(uid);
        assertEq(registry.revokedAt(issuer, uid), 1_700_000_000, "the first time counts");
    }

    /// A batch is revoked as a whole, or not at all.
    function testFuzz_revokesAllOrNone(bytes32[8] memory uids, uint256 count, uint256 place) public {
        count = fold(count, 1, 8);
        place = fold(place, 0, count - 1);
        bytes32[] memory batch = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            batch[i] = keccak256(abi.encode(i, uids[i]));
        }
        registry.revokeAll(batch);
        for (uint256 i = 0; i < count; ++i) {
            assertEq(registry.revokedAt(address(this), batch[i]), block.timestamp, "each is revoked");
        }

        bytes32[] memory again = new bytes32[](2);
        (again[0], again[1]) = (keccak256("another"), batch[place]);
        vm.expectRevert(
            abi.encodeWithSelector(
                ICredentials.Credentials_AlreadyRevoked.selector, address(this), batch[place], block.timestamp
            )
        );
        registry.revokeAll(again);
        assertEq(registry.revokedAt(address(this), again[0]), 0, "none of the batch");
    }

    /// A credential is dead when fewer than the threshold of its issuers have not revoked.
    function testFuzz_deadBelowThreshold(uint256 count, uint256 threshold, uint256 revoked) public {
        count = fold(count, 0, 8);
        threshold = fold(threshold, 0, 9);
        address[] memory issuers = _issuers(count);
        uint256 left = count;
        for (uint256 i = 0; i < count; ++i) {
            if (revoked >> i & 1 == 1) {
                vm.prank(issuers[i]);
                registry.revoke(UID);
                --left;
            }
        }
        assertTrue(registry.isRevoked(UID, issuers, threshold) == (left < threshold), "fewer than the threshold");
    }

    /// No issuer counts twice: each must be above the one before it.
    function testFuzz_issuersAscend(uint256 count, uint256 from, uint256 to) public {
        count = fold(count, 2, 8);
        (from, to) = (fold(from, 0, count - 1), fold(to, 0, count - 1));
        vm.assume(from != to);
        address[] memory issuers = _issuers(count);
        issuers[to] = issuers[from];
        uint256 place = to > from ? to : to + 1;
        vm.expectRevert(abi.encodeWithSelector(ICredentials.Credentials_NotAscending.selector, place, issuers[place]));
        registry.isRevoked(UID, issuers, 1);
    }

    function test_nobodyIsNoIssuer() public {
        vm.expectRevert(abi.encodeWithSelector(ICredentials.Credentials_NotAscending.selector, 0, address(0)));
        registry.isRevoked(UID, new address[](1), 1);
    }

    function _issuers(uint256 count) private pure returns (address[] memory issuers) {
        issuers = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            issuers[i] = address(uint160(100 + i));
        }
    }
}
