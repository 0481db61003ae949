// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMotions} from "../../interfaces/registry/IMotions.sol";
import {AdmissionMotions} from "./AdmissionMotions.sol";
import {CommitteeMotions} from "./CommitteeMotions.sol";

/// @title Motions
/// @notice What it promises stands in IMotions. This part is for the registry, which knows who is a member.
contract Motions is CommitteeMotions {
    address private immutable REGISTRY;

    modifier onlyRegistry() {
        require(msg.sender == REGISTRY, Motion_NotRegistry(msg.sender));
        _;
    }

    /// @param auditors_ The first committee.
    /// @param threshold_ Votes of it that decide.
    /// @param rules_ Windows and quorums.
    /// @param registry Who admits.
    constructor(address[] memory auditors_, uint256 threshold_, Rules memory rules_, address registry)
        AdmissionMotions(auditors_, threshold_, rules_)
    {
        REGISTRY = registry;
    }

    /// @inheritdoc IMotions
    function vote(address auditor, address subject, bytes32 motion) external onlyRegistry returns (bool decided) {
        return _vote(auditor, subject, motion);
    }

    /// @inheritdoc IMotions
    function giveVoice(address member) external onlyRegistry {
        _giveVoice(member);
    }

    /// @inheritdoc IMotions
    function endVoice(address member) external onlyRegistry {
        _endExit(member);
        _endVoice(member);
    }

    /// @inheritdoc IMotions
    function announceExit(address leaver) external onlyRegistry {
        _announceExit(leaver);
    }

    /// @inheritdoc IMotions
    function endExit(address leaver) external onlyRegistry {
        _endExit(leaver);
    }
}
