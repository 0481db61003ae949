// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Points, Price} from "../../contracts/types/Units.sol";

/// @title Metered channels: one pays another for readings, off chain
/// @notice The payer locks points of its account. For each reading of the receiver's device it signs a voucher over all that it
/// owes so far, and the receiver, who need not answer, has the last one paid when it likes: thousands of payments cost two
/// transactions. A voucher names the reading that it pays for, so that payment and delivery stay tied; the chain does not look
/// at the reading, since the payer signs no voucher before it has it.
/// An old voucher hurts nobody but the receiver, so there is no dispute: the payer gets what is left back some time after it
/// gave notice, or at once when the receiver closes.
/// @dev Trust assumptions.
/// Safety: a voucher pays for what was delivered before it: the receiver gives credit from one voucher to the next, stores what it
/// takes, and claims before a notice ends, whose length the payer chose when it opened the channel. Who trusts signatures of a
/// contract account (ERC-1271) trusts that it never takes them back.
/// Liveness: the receiver, or anyone it asks, gets a transaction into the chain within the notice. The chain keeps its id.
interface IMeteredChannels {
    /// @dev What a channel is, fixed when it is opened; `idOfMetered` is its hash.
    struct MeteredTerms {
        /// Who locks points and signs vouchers.
        address payer;
        /// Who is paid.
        address receiver;
        /// The device whose readings are paid for.
        uint32 device;
        /// For its export.
        Price price;
        /// How long the receiver can claim after the payer gave notice, seconds.
        uint32 notice;
        /// Tells channels of equal terms apart; drawn by the payer.
        uint64 serial;
    }

    /// @dev What a payer signs.
    struct Voucher {
        /// How many vouchers of the channel it signed before.
        uint32 number;
        /// All that the receiver has earned since the channel was opened, micro-points.
        uint96 total;
        /// EIP-712 struct hash of the reading that was paid for last.
        bytes32 reading;
    }

    enum Stage {
        None,
        Open,
        Closed
    }

    /// @dev slot 0: 12 + 12 + 5 + 1 = 30
    struct MeteredChannel {
        /// All that was locked since it was opened, micro-points.
        uint96 locked;
        /// Of it, what was paid or went back, micro-points.
        uint96 paid;
        /// When the payer can have the rest back, Unix seconds; 0 if it gave no notice.
        uint40 endsAt;
        Stage stage;
    }

    /// @notice A channel is open, and `points` micro-points are locked in it.
    event MeteredOpened(
        bytes32 indexed channel, address indexed payer, address indexed receiver, MeteredTerms terms, Points points
    );
    /// @notice The payer locked `points` micro-points more.
    event MeteredFunded(bytes32 indexed channel, Points points);
    /// @notice A voucher was paid: `points` micro-points more than was paid before, for readings up to this one.
    event VoucherPaid(bytes32 indexed channel, Points points, uint32 number, uint96 total, bytes32 reading);
    /// @notice The payer gave notice: from `endsAt` on, Unix seconds, it can have the rest back.
    event NoticeGiven(bytes32 indexed channel, uint40 endsAt);
    /// @notice The channel is closed, and `points` micro-points went back to the payer.
    event MeteredClosed(bytes32 indexed channel, Points points);

    /// @notice Thrown when the caller is not whom the terms name for this.
    error Channel_NotParty(bytes32 channel, address caller);
    /// @notice Thrown when the parties are one, or one is nobody.
    error Channel_BadParties(address one, address other);
    /// @notice Thrown when the time to answer is shorter or longer than channels may have, seconds.
    error Channel_BadWindow(uint32 window, uint32 least, uint32 most);
    /// @notice Thrown when a channel of these terms was opened before.
    error Channel_OpenedBefore(bytes32 channel);
    /// @notice Thrown when the channel was never opened, or is closed.
    error Channel_NotOpen(bytes32 channel);
    /// @notice Thrown when no points would move, or more than any account can hold.
    error Channel_BadPoints(bytes32 channel, Points points);
    /// @notice Thrown when a party did not sign, with its key or its contract.
    error Channel_BadSignature(bytes32 channel, address signer);
    /// @notice Thrown when the channel is about to end, Unix seconds.
    error Channel_Ending(bytes32 channel, uint40 endsAt);
    /// @notice Thrown when nobody asked the channel to end.
    error Channel_NotEnding(bytes32 channel);
    /// @notice Thrown when a channel cannot end yet, Unix seconds.
    error Channel_TooEarly(bytes32 channel, uint40 endsAt);
    /// @notice Thrown when a voucher is for no more than was paid, or than is locked, micro-points.
    error Channel_NothingDue(bytes32 channel, uint96 paid, uint96 total);

    /// @notice Opens a channel of the sender's, and locks points of its account.
    /// Reverts if: the sender is not the payer; the parties are one, or nobody; the notice is not 10 minutes to 30 days; a channel
    /// of these terms was opened before; no points are locked; the sender's free points do not suffice.
    /// @param terms The channel.
    /// @param points Micro-points, at least 1.
    function openMetered(MeteredTerms calldata terms, Points points) external;

    /// @notice Locks more of the payer's points.
    /// Reverts if: the channel is not open; the sender is not the payer; it gave notice; no points are locked; its free points do
    /// not suffice.
    /// @param terms The channel.
    /// @param points Micro-points, at least 1.
    function fundMetered(MeteredTerms calldata terms, Points points) external;

    /// @notice Pays what a voucher is for beyond what was paid, to the receiver's account; of a voucher for more than is locked, all
    /// that is locked. Anyone may call. `signature` is the payer's EIP-712 signature over
    /// Voucher(bytes32 channel,uint32 number,uint96 total,bytes32 reading).
    /// Reverts if: the channel is not open; the payer did not sign; nothing more is due.
    /// @param terms The channel.
    /// @param voucher The voucher.
    /// @param signature Of a key, 64 or 65 bytes, or what the payer's contract takes (ERC-1271).
    function claim(MeteredTerms calldata terms, Voucher calldata voucher, bytes calldata signature) external;

    /// @notice Pays a voucher as `claim` does and closes the channel: the rest goes back to the payer. A voucher that has been paid
    /// is passed over.
    /// Reverts if: the channel is not open; the sender is not the receiver; the voucher is for more than was paid, and the payer
    /// did not sign it.
    /// @param terms The channel.
    /// @param voucher The last voucher; all zero if there is none.
    /// @param signature The payer's.
    function closeMetered(MeteredTerms calldata terms, Voucher calldata voucher, bytes calldata signature) external;

    /// @notice Gives notice, as the payer. The receiver can claim until it ends, and after it until `finishMetered`.
    /// Reverts if: the channel is not open; the sender is not the payer; it gave notice before.
    /// @param terms The channel.
    function giveNotice(MeteredTerms calldata terms) external;

    /// @notice Closes a channel whose notice is over: the rest goes back to the payer. Anyone may call.
    /// Reverts if: the channel is not open; no notice was given, or it runs.
    /// @param terms The channel.
    function finishMetered(MeteredTerms calldata terms) external;

    /// @notice keccak256(abi.encode(chain id, this contract, terms)): a voucher is for one channel on one chain, and terms serve once.
    /// @param terms The channel.
    function idOfMetered(MeteredTerms calldata terms) external view returns (bytes32);

    /// @notice A channel; all zero if there is none.
    /// @param channel Its id.
    function meteredOf(bytes32 channel) external view returns (MeteredChannel memory);
}
