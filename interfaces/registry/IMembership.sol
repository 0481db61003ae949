// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

/// @title Who is a member, for tokens of others
/// @notice Three questions of ERC-3643's identity registry, answered from the registry of participants, so that an outside
/// permissioned token can ask about its holders. Nothing can be changed here, and none of our tokens asks.
/// @dev Trust assumptions.
/// Safety: those of the registry.
/// Liveness: none.
interface IMembership {
    /// @notice Whether an account may trade now: admitted, and not suspended.
    /// @param account Whose.
    function isVerified(address account) external view returns (bool);

    /// @notice Whether an account was admitted and has not left: suspended, or while its exit is announced, too.
    /// @param account Whose.
    function contains(address account) external view returns (bool);

    /// @notice The country of the person of an account that `contains` knows, ISO 3166-1 numeric, as the auditors attested it; 0 if
    /// they stated none, or for any other account.
    /// @param account Whose.
    function investorCountry(address account) external view returns (uint16);
}
