// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Revocations of credentials
/// @notice Auditors sign credentials off chain (EAS off-chain attestations, version 2); here an auditor revokes its own
/// signature under one, permanently. It is the contract that a credential's EIP-712 domain names where EAS itself is not.
/// @dev Trust assumptions.
/// Safety: none. A revocation counts for the sender's signature alone; whose signatures count is the reader's to say.
/// Liveness: an auditor who wants to revoke sends it.
interface ICredentials {
    // Events

    /// @notice An issuer revoked its signature under a credential.
    event CredentialRevoked(bytes32 indexed uid, address indexed issuer);

    // Errors

    /// @notice Thrown when the issuer revoked this credential before, at `since`, Unix seconds.
    error Credentials_AlreadyRevoked(address issuer, bytes32 uid, uint40 since);

    /// @notice Thrown when the issuer at a place of the list is not above the one before it.
    error Credentials_NotAscending(uint256 index, address issuer);

    // Revoke: anyone, its own signatures

    /// @notice Revokes the sender's signature under a credential, whether it has signed it or may yet.
    /// Reverts if: the sender has revoked it.
    /// @param uid UID of the credential.
    function revoke(bytes32 uid) external;

    /// @notice Revokes the sender's signatures under several credentials, all or none.
    /// Reverts if: the sender has revoked one of them, or one is named twice.
    /// @param uids UIDs of the credentials.
    function revokeAll(bytes32[] calldata uids) external;

    // Look

    /// @notice When an issuer revoked a credential, Unix seconds; 0 if it has not.
    /// @param issuer Who signed.
    /// @param uid UID of the credential.
    function revokedAt(address issuer, bytes32 uid) external view returns (uint40);

    /// @notice Whether fewer than `threshold` of these issuers have not revoked a credential.
    /// @dev Warning: that they signed it is for the caller to check; this contract has seen no signature.
    /// Reverts if: the issuers are not in ascending order, so that none counts twice.
    /// @param uid UID of the credential.
    /// @param issuers Who signed it, in ascending order.
    /// @param threshold The number of signatures that it needs.
    function isRevoked(bytes32 uid, address[] calldata issuers, uint256 threshold) external view returns (bool);
}
