// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IClearing} from "../../interfaces/clearing/IClearing.sol";
import {IRefutations} from "../../interfaces/clearing/IRefutations.sol";
import {OrderId} from "../types/Orders.sol";
import {Points} from "../types/Units.sol";

/// @title Refutations
/// @notice See IRefutations for the specification.
contract Refutations is IRefutations {
    /// @dev A hash that was written down. slot 0: 8 + 5 = 13
    struct Commitment {
        /// From 1, in the order in which they were made.
        uint64 number;
        uint40 madeIn;
    }

    /// @dev How long commitments can be shown after a refutation, seconds.
    uint40 private constant TIME_TO_REVEAL = 1 days;

    IClearing public immutable CLEARING;
    IAccounts public immutable ACCOUNTS;

    Commitment private _last;
    mapping(bytes32 hash => Commitment) private _commitments;
    mapping(uint64 proposal => Refutation) private _refutations;

    constructor(address clearing, address accounts) {
        CLEARING = IClearing(clearing);
        ACCOUNTS = IAccounts(accounts);
    }

    /// @inheritdoc IRefutations
    function commit(bytes32 commitment) external {
        // Numbers are given here alone, from one on: zero is a commitment that nobody made.
        // slither-disable-next-line incorrect-equality
        require(_commitments[commitment].number == 0, Refutations_CommittedBefore(commitment));
        Commitment memory made = Commitment({number: _last.number + 1, madeIn: uint40(block.number)});
        (_last, _commitments[commitment]) = (made, made);
        emit RefutationCommitted(commitment, msg.sender);
    }

    /// @inheritdoc IRefutations
    function open(uint64 id, uint40 sealedIn, address challenger) external returns (bool isOpen) {
        require(msg.sender == address(CLEARING), Refutations_NotClearing(msg.sender));
        isOpen = _last.madeIn > sealedIn;
        if (!isOpen) return false;
        uint40 until = uint40(block.timestamp) + TIME_TO_REVEAL;
        _refutations[id] = Refutation(challenger, uint40(block.number), until, address(0), 0);
    }

    /// @inheritdoc IRefutations
    function reveal(
        uint64 id,
        IClearing.Exhibit[] calldata shown,
        bytes calldata prices,
        address challenger,
        bytes32 salt
    ) external {
        Refutation memory refutation = _opened(id);
        require(block.timestamp <= refutation.until, Refutations_RevealOver(id, refutation.until));
        CLEARING.requireRefuted(id, shown, prices);
        OrderId[] memory orders = new OrderId[](shown.length);
        for (uint256 i = 0; i < shown.length; ++i) {
            orders[i] = shown[i].placed.id;
        }
        Commitment memory commitment = _commitments[commitmentOf(id, challenger, orders, salt)];
        require(
            commitment.madeIn > CLEARING.proposal(id).sealedIn && commitment.madeIn < refutation.madeIn,
            Refutations_NotCommitted(id, challenger)
        );
        // slither-disable-next-line incorrect-equality
        require(
            refutation.number == 0 || commitment.number < refutation.number,
            Refutations_CommittedLater(id, refutation.winner)
        );

        (_refutations[id].winner, _refutations[id].number) = (challenger, commitment.number);
        emit CommitmentRevealed(id, challenger);
    }

    /// @inheritdoc IRefutations
    function award(uint64 id) external {
        Refutation memory refutation = _opened(id);
        require(block.timestamp > refutation.until, Refutations_RevealRuns(id, refutation.until));
        delete _refutations[id];
        address winner = refutation.winner == address(0) ? refutation.challenger : refutation.winner;
        ACCOUNTS.award(refutation.challenger, winner, Points.wrap(CLEARING.proposal(id).bond).eighthDown());
    }

    /// @inheritdoc IRefutations
    function refutationOf(uint64 id) external view returns (Refutation memory) {
        return _refutations[id];
    }

    /// @inheritdoc IRefutations
    function commitmentOf(uint64 id, address challenger, OrderId[] memory orders, bytes32 salt)
        public
        view
        returns (bytes32)
    {
        return keccak256(abi.encode(block.chainid, address(this), id, challenger, orders, salt));
    }

    /// @dev A refutation that waits.
    /// Reverts if: nothing does.
    function _opened(uint64 id) private view returns (Refutation memory refutation) {
        refutation = _refutations[id];
        require(refutation.challenger != address(0), Refutations_NothingOpen(id));
    }
}
