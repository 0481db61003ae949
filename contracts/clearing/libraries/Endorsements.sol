// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../../interfaces/clearing/IClearing.sol";
import {Committee, Votes} from "../../shared/Committee.sol";
import {Signatures} from "../../shared/Signatures.sol";

/// @title Endorsements of a proposal by k of n
library Endorsements {
    bytes32 internal constant TYPEHASH =
        keccak256("Endorsement(bytes32 market,address agent,bytes32 trades,uint128 objective)");

    /// @notice The struct hash that endorsers sign.
    function structHash(IClearing.Proposal memory proposal, bytes32 trades) internal pure returns (bytes32) {
        return keccak256(abi.encode(TYPEHASH, proposal.market, proposal.agent, trades, proposal.objective));
    }

    /// @notice Check that `needed` of a market's endorsers signed `digest`.
    /// Reverts if: `endorsers` is not the list that hashes to `listed`; a seat is not above the one before, or beyond the list; a
    /// signature is not its endorser's; there are too few.
    function check(bytes32 market, uint256 needed, bytes32 listed, bytes32 digest, IClearing.Support calldata support)
        internal
        view
    {
        address[] calldata endorsers = support.endorsers;
        IClearing.Endorsement[] calldata endorsements = support.endorsements;
        require(keccak256(abi.encode(endorsers)) == listed, IClearing.Clearing_WrongEndorsers(market));
        Votes votes = Votes.wrap(0);
        for (uint256 i = 0; i < endorsements.length; ++i) {
            uint256 seat = endorsements[i].seat;
            bool isNew;
            (isNew, votes) = votes.castAbove(seat);
            require(isNew && seat < endorsers.length, IClearing.Clearing_BadEndorsement(address(0)));
            require(
                Signatures.isValid(endorsers[seat], digest, endorsements[i].signature),
                IClearing.Clearing_BadEndorsement(endorsers[seat])
            );
        }
        require(votes.count() >= needed, IClearing.Clearing_TooFewEndorsements(market, votes.count(), needed));
    }
}
