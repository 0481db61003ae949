// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMeteredChannels} from "../../interfaces/settlement/IMeteredChannels.sol";
import {Signatures} from "../shared/Signatures.sol";
import {Points} from "../types/Units.sol";
import {ChannelFunds} from "./ChannelFunds.sol";

/// @title MeteredChannels
/// @notice See IMeteredChannels for the specification.
abstract contract MeteredChannels is IMeteredChannels, ChannelFunds {
    bytes32 private constant VOUCHER_TYPEHASH =
        keccak256("Voucher(bytes32 channel,uint32 number,uint96 total,bytes32 reading)");

    mapping(bytes32 channel => MeteredChannel) private _channels;

    /// @inheritdoc IMeteredChannels
    function openMetered(MeteredTerms calldata terms, Points points) external {
        bytes32 id = idOfMetered(terms);
        require(msg.sender == terms.payer, Channel_NotParty(id, msg.sender));
        _checkParties(terms.payer, terms.receiver, terms.notice);
        require(_channels[id].stage == Stage.None, Channel_OpenedBefore(id));

        _channels[id] = MeteredChannel(_narrow(id, points), 0, 0, Stage.Open);
        emit MeteredOpened(id, terms.payer, terms.receiver, terms, points);

        ACCOUNTS.hold(terms.payer, points);
    }

    /// @inheritdoc IMeteredChannels
    function fundMetered(MeteredTerms calldata terms, Points points) external {
        (bytes32 id, MeteredChannel memory channel) = _open(terms);
        require(msg.sender == terms.payer, Channel_NotParty(id, msg.sender));
        require(channel.endsAt == 0, Channel_Ending(id, channel.endsAt));

        _channels[id].locked = channel.locked + _narrow(id, points);
        emit MeteredFunded(id, points);

        ACCOUNTS.hold(terms.payer, points);
    }

    /// @inheritdoc IMeteredChannels
    function claim(MeteredTerms calldata terms, Voucher calldata voucher, bytes calldata signature) external {
        (bytes32 id, MeteredChannel memory channel) = _open(terms);
        uint96 due = _dueOf(id, channel, terms.payer, voucher, signature);
        require(due != 0, Channel_NothingDue(id, channel.paid, voucher.total));

        _channels[id].paid = channel.paid + due;
        emit VoucherPaid(id, Points.wrap(due), voucher.number, voucher.total, voucher.reading);

        ACCOUNTS.shift(_move(terms.payer, due, 0, 0), _move(terms.receiver, 0, 0, due));
    }

    /// @inheritdoc IMeteredChannels
    function closeMetered(MeteredTerms calldata terms, Voucher calldata voucher, bytes calldata signature) external {
        (bytes32 id, MeteredChannel memory channel) = _open(terms);
        require(msg.sender == terms.receiver, Channel_NotParty(id, msg.sender));
        uint96 due = _dueOf(id, channel, terms.payer, voucher, signature);
        uint96 rest = channel.locked - channel.paid - due;

        _channels[id] = MeteredChannel(channel.locked, channel.locked, channel.endsAt, Stage.Closed);
        if (due != 0) emit VoucherPaid(id, Points.wrap(due), voucher.number, voucher.total, voucher.reading);
        emit MeteredClosed(id, Points.wrap(rest));

        ACCOUNTS.shift(_move(terms.payer, due + rest, 0, rest), _move(terms.receiver, 0, 0, due));
    }

    /// @inheritdoc IMeteredChannels
    function giveNotice(MeteredTerms calldata terms) external {
        (bytes32 id, MeteredChannel memory channel) = _open(terms);
        require(msg.sender == terms.payer, Channel_NotParty(id, msg.sender));
        require(channel.endsAt == 0, Channel_Ending(id, channel.endsAt));
        uint40 endsAt = uint40(block.timestamp) + terms.notice;
        _channels[id].endsAt = endsAt;
        emit NoticeGiven(id, endsAt);
    }

    /// @inheritdoc IMeteredChannels
    function finishMetered(MeteredTerms calldata terms) external {
        (bytes32 id, MeteredChannel memory channel) = _open(terms);
        require(channel.endsAt != 0, Channel_NotEnding(id));
        require(block.timestamp >= channel.endsAt, Channel_TooEarly(id, channel.endsAt));
        uint96 rest = channel.locked - channel.paid;

        _channels[id] = MeteredChannel(channel.locked, channel.locked, channel.endsAt, Stage.Closed);
        emit MeteredClosed(id, Points.wrap(rest));

        ACCOUNTS.shift(_move(terms.payer, rest, 0, rest), _move(terms.receiver, 0, 0, 0));
    }

    /// @inheritdoc IMeteredChannels
    function idOfMetered(MeteredTerms calldata terms) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), terms));
    }

    /// @inheritdoc IMeteredChannels
    function meteredOf(bytes32 channel) external view returns (MeteredChannel memory) {
        return _channels[channel];
    }

    /// @dev What a voucher is for beyond what was paid, as far as points are locked, micro-points.
    /// Reverts if: it is for more than was paid, and the payer did not sign it.
    function _dueOf(
        bytes32 id,
        MeteredChannel memory channel,
        address payer,
        Voucher calldata voucher,
        bytes calldata signature
    ) private view returns (uint96) {
        if (voucher.total <= channel.paid) return 0;
        bytes32 hash = keccak256(abi.encode(VOUCHER_TYPEHASH, id, voucher.number, voucher.total, voucher.reading));
        require(Signatures.isValid(payer, _hashTypedDataV4(hash), signature), Channel_BadSignature(id, payer));
        return (voucher.total < channel.locked ? voucher.total : channel.locked) - channel.paid;
    }

    /// @dev The channel, provided that it is open.
    function _open(MeteredTerms calldata terms) private view returns (bytes32 id, MeteredChannel memory channel) {
        id = idOfMetered(terms);
        channel = _channels[id];
        require(channel.stage == Stage.Open, Channel_NotOpen(id));
    }
}
