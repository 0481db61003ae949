// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMutualChannels} from "../../interfaces/settlement/IMutualChannels.sol";
import {IMeteredChannels} from "../../interfaces/settlement/IMeteredChannels.sol";
import {Signatures} from "../shared/Signatures.sol";
import {CompactSignature} from "../types/CompactSignature.sol";
import {Points} from "../types/Units.sol";
import {ChannelFunds} from "./ChannelFunds.sol";

/// @title MutualChannels
/// @notice See IMutualChannels for the specification.
abstract contract MutualChannels is IMutualChannels, ChannelFunds {
    bytes32 private constant STATE_TYPEHASH = keccak256(
        "ChannelState(bytes32 channel,uint64 version,uint96 toOne,uint96 toOther,uint96 fromOne,uint96 fromOther,"
        "address tower,uint96 reward)"
    );
    bytes32 private constant CHANGE_TYPEHASH = keccak256(
        "ChannelChange(bytes32 channel,uint64 version,uint96 leftOne,uint96 leftOther,uint96 outOne,uint96 outOther,"
        "uint40 expiry)"
    );
    uint64 private constant OPENED = 1;
    uint64 private constant CLOSED = type(uint64).max;

    mapping(bytes32 channel => MutualChannel) private _channels;

    /// @inheritdoc IMutualChannels
    function openMutual(MutualTerms calldata terms, Points points) external {
        bytes32 id = idOfMutual(terms);
        bool isOther = _sideOf(id, terms);
        _checkParties(terms.one, terms.other, terms.window);
        Locked storage locked = _channels[id].locked;
        require(locked.base == 0, IMeteredChannels.Channel_OpenedBefore(id));

        uint96 many = _narrow(id, points);
        (locked.one, locked.other, locked.base) = (isOther ? 0 : many, isOther ? many : 0, OPENED);
        emit MutualOpened(id, terms.one, terms.other, terms, msg.sender, points);

        ACCOUNTS.hold(msg.sender, points);
    }

    /// @inheritdoc IMutualChannels
    function fundMutual(MutualTerms calldata terms, Points points) external {
        (bytes32 id, MutualChannel storage channel, Locked memory locked) = _open(terms);
        _requireNotEnding(id, channel);
        uint96 many = _narrow(id, points);
        if (_sideOf(id, terms)) locked.other += many;
        else locked.one += many;
        channel.locked = locked;
        emit MutualFunded(id, msg.sender, points);

        ACCOUNTS.hold(msg.sender, points);
    }

    /// @inheritdoc IMutualChannels
    function changeMutual(
        MutualTerms calldata terms,
        Change calldata change,
        CompactSignature[2] calldata ofBoth,
        bytes[] calldata ofContracts
    ) external {
        (bytes32 id, MutualChannel storage channel, Locked memory locked) = _open(terms);
        _requireNotEnding(id, channel);
        require(block.timestamp <= change.expiry, Channel_TooLate(id, change.expiry));
        _requireNewer(id, locked.base, change.version);
        uint256 left = uint256(change.leftOne) + change.leftOther;
        _requireTotal(id, uint256(locked.one) + locked.other, left + change.outOne + change.outOther);
        _requireBoth(id, terms, keccak256(abi.encode(CHANGE_TYPEHASH, id, change)), ofBoth, ofContracts);

        channel.locked = Locked(change.leftOne, change.leftOther, left == 0 ? CLOSED : change.version);
        emit MutualChanged(id, change.version, change.leftOne, change.leftOther, change.outOne, change.outOther);

        ACCOUNTS.shift(
            _move(terms.one, locked.one, change.leftOne, change.outOne),
            _move(terms.other, locked.other, change.leftOther, change.outOther)
        );
    }

    /// @inheritdoc IMutualChannels
    function beginClose(
        MutualTerms calldata terms,
        State calldata state,
        CompactSignature[2] calldata ofBoth,
        bytes[] calldata ofContracts
    ) external {
        (bytes32 id, MutualChannel storage channel, Locked memory locked) = _open(terms);
        bool isByOther = _sideOf(id, terms);
        _requireNotEnding(id, channel);
        uint64 version = state.version;
        uint96 toOne = locked.one;
        if (version != locked.base) {
            _requireNewer(id, locked.base, version);
            toOne = _shareOfOne(id, locked, terms, state, ofBoth, ofContracts);
        }

        uint40 closesAt = uint40(block.timestamp) + terms.window;
        channel.closing = Closing(toOne, version, closesAt, isByOther);
        emit ClosingBegun(id, msg.sender, version, toOne, closesAt);
    }

    /// @inheritdoc IMutualChannels
    function showState(
        MutualTerms calldata terms,
        State calldata state,
        CompactSignature[2] calldata ofBoth,
        bytes[] calldata ofContracts
    ) external {
        (bytes32 id, MutualChannel storage channel, Locked memory locked) = _open(terms);
        Closing memory closing = channel.closing;
        require(closing.closesAt != 0, IMeteredChannels.Channel_NotEnding(id));
        require(block.timestamp < closing.closesAt, Channel_TooLate(id, closing.closesAt));
        _requireNewer(id, closing.version, state.version);
        (closing.toOne, closing.version) = (_shareOfOne(id, locked, terms, state, ofBoth, ofContracts), state.version);

        channel.closing = closing;
        // Whoever copies the tower's transaction, the closing party too, has it rewarded all the same.
        bool isNeeded = msg.sender != (closing.isByOther ? terms.one : terms.other);
        if (isNeeded && state.tower != address(0)) channel.reward = Reward(state.tower, state.reward);
        else if (channel.reward.tower != address(0)) delete channel.reward;
        emit StateShown(id, msg.sender, state.version, closing.toOne);
    }

    /// @inheritdoc IMutualChannels
    function finishMutual(MutualTerms calldata terms) external {
        (bytes32 id, MutualChannel storage channel, Locked memory locked) = _open(terms);
        Closing memory closing = channel.closing;
        require(closing.closesAt != 0, IMeteredChannels.Channel_NotEnding(id));
        require(block.timestamp >= closing.closesAt, IMeteredChannels.Channel_TooEarly(id, closing.closesAt));
        Reward memory reward = channel.reward;
        (uint96 toOne, uint96 toOther) = (closing.toOne, locked.one + locked.other - closing.toOne);
        // The tower is paid by who closed with an old state, and out of what that party gets.
        uint96 ofCloser = closing.isByOther ? toOther : toOne;
        if (reward.points > ofCloser) reward.points = ofCloser;
        if (closing.isByOther) toOther -= reward.points;
        else toOne -= reward.points;

        channel.locked = Locked(0, 0, CLOSED);
        delete channel.closing;
        if (reward.tower != address(0)) delete channel.reward;
        emit MutualClosed(id, toOne, toOther, reward.tower, reward.points);

        (uint96 ofOne, uint96 ofOther) = closing.isByOther ? (uint96(0), reward.points) : (reward.points, uint96(0));
        ACCOUNTS.shift(_move(terms.one, locked.one, ofOne, toOne), _move(terms.other, locked.other, ofOther, toOther));
        if (reward.points != 0) {
            address closer = closing.isByOther ? terms.other : terms.one;
            ACCOUNTS.shift(_move(closer, reward.points, 0, 0), _move(reward.tower, 0, 0, reward.points));
        }
    }

    /// @inheritdoc IMutualChannels
    function idOfMutual(MutualTerms calldata terms) public view returns (bytes32) {
        return keccak256(abi.encode(block.chainid, address(this), terms));
    }

    /// @inheritdoc IMutualChannels
    function mutualOf(bytes32 channel) external view returns (MutualChannel memory) {
        return _channels[channel];
    }

    /// @dev What `one` gets by a state: its part, and what was locked for it since.
    /// Reverts if: the state counts with more than is locked; it does not share out what it counts with; one of both did not sign.
    function _shareOfOne(
        bytes32 id,
        Locked memory locked,
        MutualTerms calldata terms,
        State calldata state,
        CompactSignature[2] calldata ofBoth,
        bytes[] calldata ofContracts
    ) private view returns (uint96) {
        require(
            state.fromOne <= locked.one && state.fromOther <= locked.other,
            Channel_DepositMissing(id, locked.one, locked.other)
        );
        _requireTotal(id, uint256(state.fromOne) + state.fromOther, uint256(state.toOne) + state.toOther);
        _requireBoth(id, terms, keccak256(abi.encode(STATE_TYPEHASH, id, state)), ofBoth, ofContracts);
        return state.toOne + (locked.one - state.fromOne);
    }

    /// Reverts if: one of both did not sign the struct of this hash.
    function _requireBoth(
        bytes32 id,
        MutualTerms calldata terms,
        bytes32 structHash,
        CompactSignature[2] calldata ofBoth,
        bytes[] calldata ofContracts
    ) private view {
        bytes32 digest = _hashTypedDataV4(structHash);
        _requireSigned(id, terms.one, digest, ofBoth[0], ofContracts);
        _requireSigned(id, terms.other, digest, ofBoth[1], ofContracts);
    }

    /// Reverts if: `signer` did not sign this digest.
    function _requireSigned(
        bytes32 id,
        address signer,
        bytes32 digest,
        CompactSignature calldata signature,
        bytes[] calldata ofContracts
    ) private view {
        require(
            Signatures.isValid(signer, digest, signature, ofContracts),
            IMeteredChannels.Channel_BadSignature(id, signer)
        );
    }

    function _requireNewer(bytes32 id, uint64 have, uint64 shown) private pure {
        require(shown > have && shown != CLOSED, Channel_NotNewer(id, have, shown));
    }

    function _requireTotal(bytes32 id, uint256 locked, uint256 shared) private pure {
        require(shared == locked, Channel_OtherTotal(id, locked, shared));
    }

    function _requireNotEnding(bytes32 id, MutualChannel storage channel) private view {
        uint40 closesAt = channel.closing.closesAt;
        require(closesAt == 0, IMeteredChannels.Channel_Ending(id, closesAt));
    }

    /// @dev Whether the sender is `other`.
    /// Reverts if: it is neither.
    function _sideOf(bytes32 id, MutualTerms calldata terms) private view returns (bool isOther) {
        isOther = msg.sender == terms.other;
        require(isOther || msg.sender == terms.one, IMeteredChannels.Channel_NotParty(id, msg.sender));
    }

    /// @dev The channel, provided that it is open.
    function _open(MutualTerms calldata terms)
        private
        view
        returns (bytes32 id, MutualChannel storage channel, Locked memory locked)
    {
        id = idOfMutual(terms);
        channel = _channels[id];
        locked = channel.locked;
        require(locked.base != 0 && locked.base != CLOSED, IMeteredChannels.Channel_NotOpen(id));
    }
}
