// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IMutualChannels} from "../../interfaces/settlement/IMutualChannels.sol";
import {IMeteredChannels} from "../../interfaces/settlement/IMeteredChannels.sol";
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
        MutualChannel storage channel = _channels[id];
        require(channel.base == 0, IMeteredChannels.Channel_OpenedBefore(id));

        uint96 locked = _narrow(id, points);
        (channel.lockedOne, channel.lockedOther) = isOther ? (uint96(0), locked) : (locked, uint96(0));
        channel.base = OPENED;
        emit MutualOpened(id, terms.one, terms.other, terms, msg.sender, points);

        ACCOUNTS.hold(msg.sender, points);
    }

    /// @inheritdoc IMutualChannels
    function fundMutual(MutualTerms calldata terms, Points points) external {
        (bytes32 id, MutualChannel storage channel) = _open(terms);
        _requireNotEnding(id, channel);
        uint96 locked = _narrow(id, points);
        if (_sideOf(id, terms)) channel.lockedOther += locked;
        else channel.lockedOne += locked;
        emit MutualFunded(id, msg.sender, points);

        ACCOUNTS.hold(msg.sender, points);
    }

    /// @inheritdoc IMutualChannels
    function changeMutual(
        MutualTerms calldata terms,
        Change calldata change,
        bytes calldata ofOne,
        bytes calldata ofOther
    ) external {
        (bytes32 id, MutualChannel storage channel) = _open(terms);
        _requireNotEnding(id, channel);
        require(block.timestamp <= change.expiry, Channel_TooLate(id, change.expiry));
        _requireNewer(id, channel.base, change.version);
        (uint96 lockedOne, uint96 lockedOther) = (channel.lockedOne, channel.lockedOther);
        uint256 left = uint256(change.leftOne) + change.leftOther;
        _requireTotal(id, uint256(lockedOne) + lockedOther, left + change.outOne + change.outOther);
        _requireBoth(id, terms, keccak256(abi.encode(CHANGE_TYPEHASH, id, change)), ofOne, ofOther);

        (channel.lockedOne, channel.lockedOther) = (change.leftOne, change.leftOther);
        channel.base = left == 0 ? CLOSED : change.version;
        emit MutualChanged(id, change.version, change.leftOne, change.leftOther, change.outOne, change.outOther);

        ACCOUNTS.shift(
            _move(terms.one, lockedOne, change.leftOne, change.outOne),
            _move(terms.other, lockedOther, change.leftOther, change.outOther)
        );
    }

    /// @inheritdoc IMutualChannels
    function beginClose(MutualTerms calldata terms, State calldata state, bytes calldata ofOne, bytes calldata ofOther)
        external
    {
        (bytes32 id, MutualChannel storage channel) = _open(terms);
        bool isByOther = _sideOf(id, terms);
        _requireNotEnding(id, channel);
        uint64 base = channel.base;
        uint96 toOne = channel.lockedOne;
        if (state.version != base) {
            _requireNewer(id, base, state.version);
            toOne = _shareOfOne(id, channel, terms, state, ofOne, ofOther);
        }

        uint40 closesAt = uint40(block.timestamp) + terms.window;
        (channel.toOne, channel.version) = (toOne, state.version);
        (channel.closesAt, channel.isByOther) = (closesAt, isByOther);
        emit ClosingBegun(id, msg.sender, state.version, toOne, closesAt);
    }

    /// @inheritdoc IMutualChannels
    function showState(MutualTerms calldata terms, State calldata state, bytes calldata ofOne, bytes calldata ofOther)
        external
    {
        (bytes32 id, MutualChannel storage channel) = _open(terms);
        uint40 closesAt = channel.closesAt;
        require(closesAt != 0, IMeteredChannels.Channel_NotEnding(id));
        require(block.timestamp < closesAt, Channel_TooLate(id, closesAt));
        _requireNewer(id, channel.version, state.version);
        uint96 toOne = _shareOfOne(id, channel, terms, state, ofOne, ofOther);

        (channel.toOne, channel.version) = (toOne, state.version);
        if (msg.sender == state.tower) (channel.tower, channel.reward) = (state.tower, state.reward);
        else if (channel.tower != address(0)) (channel.tower, channel.reward) = (address(0), 0);
        emit StateShown(id, msg.sender, state.version, toOne);
    }

    /// @inheritdoc IMutualChannels
    function finishMutual(MutualTerms calldata terms) external {
        (bytes32 id, MutualChannel storage channel) = _open(terms);
        uint40 closesAt = channel.closesAt;
        require(closesAt != 0, IMeteredChannels.Channel_NotEnding(id));
        require(block.timestamp >= closesAt, IMeteredChannels.Channel_TooEarly(id, closesAt));
        (uint96 lockedOne, uint96 lockedOther) = (channel.lockedOne, channel.lockedOther);
        uint96 toOne = channel.toOne;
        uint96 toOther = lockedOne + lockedOther - toOne;
        (address tower, uint96 reward, bool isByOther) = (channel.tower, channel.reward, channel.isByOther);
        // The tower is paid by who closed with an old state, and out of what that party gets.
        uint96 ofCloser = isByOther ? toOther : toOne;
        if (reward > ofCloser) reward = ofCloser;
        if (isByOther) toOther -= reward;
        else toOne -= reward;

        delete _channels[id];
        _channels[id].base = CLOSED;
        emit MutualClosed(id, toOne, toOther, tower, reward);

        (uint96 ofOne, uint96 ofOther) = isByOther ? (uint96(0), reward) : (reward, uint96(0));
        ACCOUNTS.shift(_move(terms.one, lockedOne, ofOne, toOne), _move(terms.other, lockedOther, ofOther, toOther));
        if (reward != 0) {
            address closer = isByOther ? terms.other : terms.one;
            ACCOUNTS.shift(_move(closer, reward, 0, 0), _move(tower, 0, 0, reward));
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
        MutualChannel storage channel,
        MutualTerms calldata terms,
        State calldata state,
        bytes calldata ofOne,
        bytes calldata ofOther
    ) private view returns (uint96) {
        (uint96 lockedOne, uint96 lockedOther) = (channel.lockedOne, channel.lockedOther);
        require(
            state.fromOne <= lockedOne && state.fromOther <= lockedOther,
            Channel_DepositMissing(id, lockedOne, lockedOther)
        );
        _requireTotal(id, uint256(state.fromOne) + state.fromOther, uint256(state.toOne) + state.toOther);
        _requireBoth(id, terms, keccak256(abi.encode(STATE_TYPEHASH, id, state)), ofOne, ofOther);
        return state.toOne + (lockedOne - state.fromOne);
    }

    /// Reverts if: one of both did not sign the struct of this hash.
    function _requireBoth(
        bytes32 id,
        MutualTerms calldata terms,
        bytes32 structHash,
        bytes calldata ofOne,
        bytes calldata ofOther
    ) private view {
        _requireSigned(id, terms.one, structHash, ofOne);
        _requireSigned(id, terms.other, structHash, ofOther);
    }

    function _requireNewer(bytes32 id, uint64 have, uint64 shown) private pure {
        require(shown > have && shown != CLOSED, Channel_NotNewer(id, have, shown));
    }

    function _requireTotal(bytes32 id, uint256 locked, uint256 shared) private pure {
        require(shared == locked, Channel_OtherTotal(id, locked, shared));
    }

    function _requireNotEnding(bytes32 id, MutualChannel storage channel) private view {
        require(channel.closesAt == 0, IMeteredChannels.Channel_Ending(id, channel.closesAt));
    }

    /// @dev Whether the sender is `other`.
    /// Reverts if: it is neither.
    function _sideOf(bytes32 id, MutualTerms calldata terms) private view returns (bool isOther) {
        isOther = msg.sender == terms.other;
        require(isOther || msg.sender == terms.one, IMeteredChannels.Channel_NotParty(id, msg.sender));
    }

    /// @dev The channel, provided that it is open.
    function _open(MutualTerms calldata terms) private view returns (bytes32 id, MutualChannel storage channel) {
        id = idOfMutual(terms);
        channel = _channels[id];
        uint64 base = channel.base;
        require(base != 0 && base != CLOSED, IMeteredChannels.Channel_NotOpen(id));
    }
}
