// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAuditors} from "../../interfaces/registry/IAuditors.sol";
import {ISettlement} from "../../interfaces/settlement/ISettlement.sol";
import {Ballots} from "../shared/Ballots.sol";
import {Votes} from "../shared/Committee.sol";
import {PackedPayment} from "../types/Payments.sol";
import {PackedTrade, TradeFields, TradePosition} from "../types/Trades.sol";
import {Points, Wh} from "../types/Units.sol";
import {FinalTrades} from "./FinalTrades.sol";

/// @title The auditors' say about trades
/// @dev A trade of a final round can be flagged, and vetoed before its slot starts. A veto gives the buyer its money back and
/// can do nothing else.
abstract contract Vetoes is FinalTrades {
    using Ballots for mapping(bytes32 motion => Votes);
    using TradeFields for PackedTrade;

    IAuditors public immutable MOTIONS;

    /// @dev Votes to veto. A motion is the hash of committee, trade and reason: a trade ends once.
    mapping(bytes32 motion => Votes) private _motions;

    constructor(address motions) {
        MOTIONS = IAuditors(motions);
    }

    /// @inheritdoc ISettlement
    function flag(bytes32 market, TradeProof calldata traded, string calldata reason) external {
        (bytes32 id, PackedTrade memory trade) = _verify(_finalRound(market), traded);
        _seatOfAuditor(id, trade, reason);
        emit TradeFlagged(id, msg.sender, reason);
    }

    /// @inheritdoc ISettlement
    function veto(bytes32 market, TradeProof calldata traded, string calldata reason) external {
        Round memory round = _finalRound(market);
        (bytes32 id, PackedTrade memory trade) = _verify(round, traded);
        uint256 seat = _seatOfAuditor(id, trade, reason);
        TradePosition calldata place = traded.position;
        require((_ends[market][place.chunk] >> place.index) & 1 == 0, Settlement_AlreadySettled(id));
        uint40 until = round.terms.deliverySlot().startAt();
        require(block.timestamp < until, Settlement_VetoTooLate(id, until));

        if (_countVote(id, seat, reason)) {
            _ends[market][place.chunk] |= 1 << place.index;
            _giveBack(id, trade);
        }
    }

    /// @dev Count an auditor's vote to veto a trade. True when it decides.
    /// Reverts if: it has voted for this.
    function _countVote(bytes32 id, uint256 seat, string calldata reason) private returns (bool decided) {
        (uint32 committee, uint256 threshold) = MOTIONS.voting();
        (bool isNew, uint256 count) = _motions.vote(keccak256(abi.encode(committee, id, reason)), seat);
        require(isNew, Settlement_AlreadyVoted(id, msg.sender));

        emit VetoVoted(id, msg.sender, count, reason);
        return count == threshold;
    }

    /// @dev End a vetoed trade: all that it holds goes back to its buyer, and the seller's track record does not count it.
    function _giveBack(bytes32 id, PackedTrade memory trade) private {
        Points nothing = Points.wrap(0);
        emit TradeSettled(id, trade.buyer(), trade.seller(), Outcome.Vetoed, Wh.wrap(0), nothing, nothing);
        PackedPayment[] memory payments = new PackedPayment[](1);
        _fill(payments[0], trade, nothing, 0);
        ACCOUNTS.pay(payments);
    }

    /// @dev The seat of the auditor who calls, from 0.
    /// Reverts if: the caller is no auditor, or a party to the trade; there is no reason.
    function _seatOfAuditor(bytes32 id, PackedTrade memory trade, string calldata reason)
        private
        view
        returns (uint256)
    {
        uint256 seat = MOTIONS.seatOf(msg.sender);
        require(seat != 0, Settlement_NotAuditor(msg.sender));
        require(msg.sender != trade.buyer() && msg.sender != trade.seller(), Settlement_OwnTrade(id, msg.sender));
        require(bytes(reason).length != 0, Settlement_EmptyReason(id));
        return seat - 1;
    }
}
