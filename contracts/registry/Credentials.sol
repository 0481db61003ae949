// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {ICredentials} from "../../interfaces/registry/ICredentials.sol";

/// @title Revocations of credentials
contract Credentials is ICredentials {
    /// @inheritdoc ICredentials
    mapping(address issuer => mapping(bytes32 uid => uint40)) public revokedAt;

    /// @inheritdoc ICredentials
    function revoke(bytes32 uid) external {
        _revoke(uid);
    }

    /// @inheritdoc ICredentials
    function revokeAll(bytes32[] calldata uids) external {
        for (uint256 i = 0; i < uids.length; ++i) {
            _revoke(uids[i]);
        }
    }

    /// @inheritdoc ICredentials
    function isRevoked(bytes32 uid, address[] calldata issuers, uint256 threshold) external view returns (bool) {
        uint256 unrevoked = 0;
        address previous = address(0);
        for (uint256 i = 0; i < issuers.length; ++i) {
            address issuer = issuers[i];
            require(issuer > previous, Credentials_NotAscending(i, issuer));
            if (revokedAt[issuer][uid] == 0) ++unrevoked;
            previous = issuer;
        }
        return unrevoked < threshold;
    }

    function _revoke(bytes32 uid) private {
        uint40 since = revokedAt[msg.sender][uid];
        require(since == 0, Credentials_AlreadyRevoked(msg.sender, uid, since));

        revokedAt[msg.sender][uid] = uint40(block.timestamp);
        emit CredentialRevoked(uid, msg.sender);
    }
}
