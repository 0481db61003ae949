// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMembership} from "../../interfaces/registry/IMembership.sol";
import {IParticipantRegistry} from "../../interfaces/registry/IParticipantRegistry.sol";

/// @title Who is a member, for tokens of others
contract Membership is IMembership {
    IParticipantRegistry private immutable REGISTRY;

    constructor(address registry) {
        REGISTRY = IParticipantRegistry(registry);
    }

    /// @inheritdoc IMembership
    function isVerified(address account) external view returns (bool) {
        return REGISTRY.isActive(account);
    }

    /// @inheritdoc IMembership
    function contains(address account) public view returns (bool) {
        IParticipantRegistry.Status status = REGISTRY.participant(account).status;
        return status == IParticipantRegistry.Status.Active || status == IParticipantRegistry.Status.Leaving
            || status == IParticipantRegistry.Status.Linked;
    }

    /// @inheritdoc IMembership
    function investorCountry(address account) external view returns (uint16) {
        return contains(account) ? REGISTRY.countryOf(account) : 0;
    }
}
