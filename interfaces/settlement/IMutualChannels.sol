// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {CompactSignature} from "../../contracts/types/CompactSignature.sol";
import {Points} from "../../contracts/types/Units.sol";

/// @title Mutual channels: two neighbours who pay each other, off chain
/// @notice Both, or one of them, lock points. Whenever one pays the other, both sign a new state: what is whose now. They close
/// together at once, or one closes alone with the newest state that it has, and until its window is over anybody can show a newer
/// one. The window is not prolonged by that. A state counts with the signatures of both only.
/// A state may name a watchtower: an account that gets a reward out of the closing party's part if the channel ends by that state,
/// and others than the party that was to lose by the older one showed it. A tower needs the last state alone, and no key but its own.
/// @dev Trust assumptions.
/// Safety: each party, or its tower, looks at the chain once within every window, and keeps the newest state that it signed. Whoever
/// signed a change of the channel signs no newer state until the change is in the chain, or has expired; the version of a change is
/// above those of all states that either has signed. A party that asked to close signs nothing more. Who trusts signatures of a
/// contract account (ERC-1271) trusts that it never takes them back.
/// Liveness: a transaction gets into the chain within the window. The chain keeps its id.
interface IMutualChannels {
    /// @dev What a channel is, fixed when it is opened; `idOfMutual` is its hash.
    struct MutualTerms {
        address one;
        address other;
        /// How long a newer state can be shown after one party asked to close, seconds.
        uint32 window;
        /// Tells channels of equal terms apart; drawn by who opens it.
        uint64 serial;
    }

    /// @dev What both sign whenever one pays the other. toOne + toOther = fromOne + fromOther. Money in micro-points.
    struct State {
        /// The higher one counts.
        uint64 version;
        /// What `one` would get if the channel ended now,
        uint96 toOne;
        /// and what `other` would.
        uint96 toOther;
        /// What both knew to be locked for `one`; what was locked since is added to what it gets.
        uint96 fromOne;
        uint96 fromOther;
        /// Who is rewarded if this state is needed; zero: nobody.
        address tower;
        /// How much it gets, at most the closing party's part.
        uint96 reward;
    }

    /// @dev What both sign in order to have points out, or to close together. All four sums make what is locked.
    struct Change {
        /// States up to this one do not count any more.
        uint64 version;
        /// What is locked for each from now on, micro-points; both 0: the channel is closed.
        uint96 leftOne;
        uint96 leftOther;
        /// What each gets at once, micro-points.
        uint96 outOne;
        uint96 outOther;
        /// The last second in which it is taken, Unix seconds.
        uint40 expiry;
    }

    /// @dev What is locked, and what counts. slot 0: 12 + 12 + 8 = 32
    struct Locked {
        /// What is locked for each, micro-points.
        uint96 one;
        uint96 other;
        /// States of higher versions count; 0: never opened, 2^64 − 1: closed.
        uint64 base;
    }

    /// @dev What was shown since somebody asked to close. slot 0: 12 + 8 + 5 + 1 = 26
    struct Closing {
        /// What `one` gets by the newest state that was shown, micro-points.
        uint96 toOne;
        /// The version of that state.
        uint64 version;
        /// When the channel can end, Unix seconds; 0 if nobody asked for it.
        uint40 closesAt;
        /// Whether `other` asked to close.
        bool isByOther;
    }

    /// @dev Who gets a reward for the state that was shown, and how much. slot 0: 20 + 12 = 32
    struct Reward {
        address tower;
        /// Micro-points.
        uint96 points;
    }

    struct MutualChannel {
        Locked locked;
        Closing closing;
        Reward reward;
    }

    /// @notice A channel is open, and `points` micro-points of `funder` are locked in it.
    event MutualOpened(
        bytes32 indexed channel,
        address indexed one,
        address indexed other,
        MutualTerms terms,
        address funder,
        Points points
    );
    /// @notice A party locked `points` micro-points more.
    event MutualFunded(bytes32 indexed channel, address indexed funder, Points points);
    /// @notice Both changed the channel: what is left in it, and what each got out, micro-points.
    event MutualChanged(
        bytes32 indexed channel, uint64 version, uint96 leftOne, uint96 leftOther, uint96 outOne, uint96 outOther
    );
    /// @notice A party asked to close by a state, by which `one` gets `toOne` micro-points; until `closesAt`, Unix seconds, a newer
    /// one can be shown.
    event ClosingBegun(bytes32 indexed channel, address indexed closer, uint64 version, uint96 toOne, uint40 closesAt);
    /// @notice Somebody showed a newer state.
    event StateShown(bytes32 indexed channel, address indexed by, uint64 version, uint96 toOne);
    /// @notice The channel is closed: what each party, and the watchtower, got, micro-points.
    event MutualClosed(bytes32 indexed channel, uint96 toOne, uint96 toOther, address tower, uint96 reward);

    /// @notice Thrown when a state or a change is not newer than what the chain has.
    error Channel_NotNewer(bytes32 channel, uint64 have, uint64 shown);
    /// @notice Thrown when what a state or a change shares out is not what is locked, micro-points.
    error Channel_OtherTotal(bytes32 channel, uint256 locked, uint256 shared);
    /// @notice Thrown when a state counts with more than is locked for a party, micro-points.
    error Channel_DepositMissing(bytes32 channel, uint96 lockedOne, uint96 lockedOther);
    /// @notice Thrown when it is too late for a newer state or a change, Unix seconds.
    error Channel_TooLate(bytes32 channel, uint40 until);

    /// @notice Opens a channel, and locks points of the sender's account for its own side.
    /// Reverts if: the sender is no party; the parties are one, or nobody; the window is not 10 minutes to 30 days; a channel of
    /// these terms was opened before; no points are locked; the sender's free points do not suffice.
    /// @param terms The channel.
    /// @param points Micro-points, at least 1.
    function openMutual(MutualTerms calldata terms, Points points) external;

    /// @notice Locks more points of the sender's account, for its own side.
    /// Reverts if: the channel is not open, or about to close; the sender is no party; no points are locked; its free points do
    /// not suffice.
    /// @param terms The channel.
    /// @param points Micro-points, at least 1.
    function fundMutual(MutualTerms calldata terms, Points points) external;

    /// @notice Has points out of a channel, or closes it, as both agreed. Anyone may call. The signatures are over
    /// ChannelChange(bytes32 channel,uint64 version,uint96 leftOne,uint96 leftOther,uint96 outOne,uint96 outOther,uint40 expiry).
    /// Reverts if: the channel is not open, or about to close; the change has expired, is not newer, or does not share out what is
    /// locked; one of both did not sign.
    /// @param terms The channel.
    /// @param change What changes.
    /// @param ofBoth Signatures of `one` and of `other` (EIP-2098); with r = 0, vs is the place of what its contract takes.
    /// @param ofContracts Signatures of contract accounts (ERC-1271).
    function changeMutual(
        MutualTerms calldata terms,
        Change calldata change,
        CompactSignature[2] calldata ofBoth,
        bytes[] calldata ofContracts
    ) external;

    /// @notice Asks, as a party, to close by a state that both signed. A state of the channel's base version is what is locked; it
    /// needs no signatures. The signatures are over ChannelState(bytes32 channel,uint64 version,uint96 toOne,uint96 toOther,
    /// uint96 fromOne,uint96 fromOther,address tower,uint96 reward).
    /// Reverts if: the channel is not open, or about to close; the sender is no party; the state is older than the base, counts
    /// with more than is locked, or does not share out what it counts with; one of both did not sign.
    /// @param terms The channel.
    /// @param state The newest state that the sender has.
    /// @param ofBoth Signatures of `one` and of `other`, as in `changeMutual`.
    /// @param ofContracts Signatures of contract accounts.
    function beginClose(
        MutualTerms calldata terms,
        State calldata state,
        CompactSignature[2] calldata ofBoth,
        bytes[] calldata ofContracts
    ) external;

    /// @notice Shows a newer state than the one by which a channel is about to close. Anyone may call; the window goes on as it is.
    /// Reverts if: the channel is not about to close, or the window is over; the state is not newer, counts with more than is
    /// locked, or does not share out what it counts with; one of both did not sign.
    /// @param terms The channel.
    /// @param state The state.
    /// @param ofBoth Signatures of `one` and of `other`, as in `changeMutual`.
    /// @param ofContracts Signatures of contract accounts.
    function showState(
        MutualTerms calldata terms,
        State calldata state,
        CompactSignature[2] calldata ofBoth,
        bytes[] calldata ofContracts
    ) external;

    /// @notice Closes a channel whose window is over, by the newest state that was shown. Anyone may call.
    /// Reverts if: the channel is not about to close; the window runs.
    /// @param terms The channel.
    function finishMutual(MutualTerms calldata terms) external;

    /// @notice keccak256(abi.encode(chain id, this contract, terms)): a state is of one channel on one chain, and terms serve once.
    /// @param terms The channel.
    function idOfMutual(MutualTerms calldata terms) external view returns (bytes32);

    /// @notice A channel; all zero if there is none.
    /// @param channel Its id.
    function mutualOf(bytes32 channel) external view returns (MutualChannel memory);
}
