// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Reliability} from "../../contracts/types/Attested.sol";
import {Nonces} from "../../contracts/types/Nonces.sol";
import {PackedOrder, Side} from "../../contracts/types/Orders.sol";
import {PackedPayment} from "../../contracts/types/Payments.sol";
import {Points, Ppm, Wh} from "../../contracts/types/Units.sol";

/// @title Custody: the accounts of traders and agents
/// @notice An account's points are free or held. Its owner deposits and withdraws free points. Four modules, fixed at
/// deployment, move the rest, each within its own calls: the order book reserves for buy orders and releases
/// reservations, the clearing holds the bonds of agents, the settlement pays trades out of what was reserved, and payment
/// channels hold what two parties lock in them.
/// Besides, an account has the track record of its owner as a seller.
/// @dev Invariants: MON-1 the token balance is at least Σ free + held, and equals it unless somebody sends tokens here
/// past `deposit`. MON-2 every held point has a way out that needs nobody's goodwill (IOrderBook.release,
/// IClearing.finalize, ISettlement.refund, IMeteredChannels.finishMetered, IMutualChannels.finishMutual).
/// Trust assumptions.
/// Safety: the four modules hold, release and pay as their interfaces say; no other caller can.
/// Liveness: none; a withdrawal needs nobody.
///
/// A credit has no age: what is deposited cannot expire here, whatever the token's units do. Only deposits and withdrawals
/// may ever look at ages (docs/decisions/0015).
///
/// Order nonces share a word that the order already touches: a buyer's in the wallet, a seller's in the track record. A
/// separate word would cost each order a fifth more.
interface IAccounts {
    /// @dev Kept in one word (contracts/types/Wallets). All wallets together hold less than 2^96 micro-points (`deposit`).
    struct Wallet {
        /// Micro-points that can be withdrawn or reserved.
        uint96 free;
        /// Micro-points reserved for orders, locked in trades or channels, or held as a bond.
        uint96 held;
        /// Of the trader's buy orders.
        Nonces nonces;
    }

    /// @dev slot 0: 8 + 8 + 4 + 8 = 28
    struct TrackRecord {
        /// Energy promised in settled trades, Wh.
        Wh promised;
        /// Energy delivered of it, Wh.
        Wh delivered;
        /// Number of settled trades.
        uint32 trades;
        /// Of the trader's sell orders.
        Nonces nonces;
    }

    /// @dev What becomes of points that an account holds. Money in micro-points.
    struct Move {
        address trader;
        /// Held until now.
        Points taken;
        /// Held from now on,
        Points held;
        /// and free.
        Points free;
    }

    // Events

    /// @notice `points` micro-points entered the account.
    event Deposited(address indexed trader, Points points);

    /// @notice `points` micro-points left the account.
    event Withdrawn(address indexed trader, Points points);

    /// @notice `points` micro-points, reserved for an order, are free again.
    event Released(address indexed trader, Points points);

    /// @notice `points` micro-points of the agent are held as a bond.
    event BondHeld(address indexed agent, Points points);

    /// @notice `points` micro-points of the agent's bond are free again.
    event BondReleased(address indexed agent, Points points);

    /// @notice A bond is lost: `reward` micro-points to the challenger, `open` micro-points held by it until it is clear whose they
    /// are, `burnt` micro-points destroyed.
    event BondForfeited(address indexed agent, address indexed challenger, Points reward, Points open, Points burnt);

    /// @notice `points` micro-points of a lost bond, held by `challenger`, are `winner`'s.
    event RewardAwarded(address indexed challenger, address indexed winner, Points points);

    /// @notice `points` micro-points of the trader are locked in a channel.
    event Locked(address indexed trader, Points points);

    /// @notice Of the trader's account, `taken` micro-points are not locked in a channel any more; `held` are, and `free` are free.
    event Shifted(address indexed trader, Points taken, Points held, Points free);

    /// @notice The nonces of `page` in `mask`, and all earlier pages, of the trader's orders of one side are used up.
    event NoncesCancelled(address indexed trader, Side indexed side, uint32 page, uint32 mask);

    // Errors

    /// @notice Thrown when the caller is not the order book.
    error Accounts_NotOrderBook(address caller);

    /// @notice Thrown when the caller is not the clearing.
    error Accounts_NotClearing(address caller);

    /// @notice Thrown when the caller is not the settlement.
    error Accounts_NotSettlement(address caller);

    /// @notice Thrown when another contract than Refutations awards a part of a lost bond.
    error Accounts_NotRefutations(address caller);

    /// @notice Thrown when the caller is not the contract of payment channels.
    error Accounts_NotChannels(address caller);

    /// @notice Thrown when a shift would make or destroy points, micro-points.
    error Accounts_NotConserved(uint256 taken, uint256 given);

    /// @notice Thrown when an account has less free than it needs, micro-points.
    error Accounts_InsufficientBalance(address trader, Points have, Points needed);

    /// @notice Thrown when a deposit or a withdrawal is of nothing.
    error Accounts_ZeroPoints();

    /// @notice Thrown when a deposit would bring all accounts together above `most` micro-points, 2^96 − 1.
    error Accounts_WalletsFull(uint256 have, uint256 most);

    /// @notice Thrown when the nonce of an order is used, or on a page that is closed.
    error Accounts_NonceUsed(address trader, Side side, uint32 nonce);

    /// @notice Thrown when the nonce of an order, or the first of a page that is to be cancelled, lies more than 1 024 pages ahead.
    /// @param most The last nonce that is not too far.
    error Accounts_NonceFar(address trader, Side side, uint32 nonce, uint32 most);

    // Deposit and withdraw: anyone, with the own account

    /// @notice Moves points from the sender into the sender's account.
    /// Reverts if: `points` is zero; the sum of all accounts would exceed 2^96 − 1; the token refuses.
    /// @param points Micro-points, at least 1.
    function deposit(Points points) external;

    /// @notice `deposit` with an ERC-2612 permit of the sender. If somebody else has used the permit already, the allowance
    /// that it gave serves.
    /// @param points Micro-points, at least 1; the permit is for exactly as many.
    /// @param deadline End of the permit, Unix seconds.
    /// @param v Recovery code of the permit's signature, 27 or 28.
    /// @param r First word of it.
    /// @param s Second word of it.
    function depositWithPermit(Points points, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Moves free points of the sender out.
    /// Reverts if: `points` is zero, or more than is free; the token refuses.
    /// @param points Micro-points, at least 1.
    /// @param to Who gets them.
    function withdraw(Points points, address to) external;

    // Orders: the order book only

    /// @notice Holds the points of each buy order, and uses its nonce. A sell order's nonce stays: that a device has one
    /// undecided order for a slot keeps the order from being posted twice, and `cancelNonces` uses the nonce.
    /// Reverts if: a nonce is used, or more than 1 024 pages ahead; a buyer's free points do not suffice.
    /// @param orders A batch of orders.
    /// @return What is known of the seller of each sell order; zero for a buy order.
    function admit(PackedOrder[] calldata orders) external returns (Reliability[] memory);

    /// @notice Uses up nonces of a trader's orders.
    /// Reverts if: the page is more than 1 024 pages ahead.
    /// @param trader Whose they are.
    /// @param side Of which orders.
    /// @param page The page of 32 nonces; all pages before it close.
    /// @param mask Bit b stands for nonce 32 · page + b.
    function cancelNonces(address trader, Side side, uint32 page, uint32 mask) external;

    /// @notice Gives reservations back: moves points from held to free.
    /// Reverts if: less is held.
    /// @param traders Whose they are.
    /// @param points Reservations, micro-points each.
    function release(address[] calldata traders, Points[] calldata points) external;

    // Bonds: the clearing only

    /// @notice Holds free points of an agent as the bond of a proposal.
    /// Reverts if: less is free.
    /// @param agent Whose they are.
    /// @param points The bond, micro-points.
    function holdBond(address agent, Points points) external;

    /// @notice Gives a bond back.
    /// Reverts if: less is held.
    /// @param agent Whose it is.
    /// @param points The bond, micro-points.
    function releaseBond(address agent, Points points) external;

    /// @notice Takes a bond away: two eighths of it, each rounded down, go to the challenger's account, the rest is burnt.
    /// Reverts if: less is held.
    /// @param agent Whose it was.
    /// @param points The bond, micro-points.
    /// @param challenger Who is rewarded.
    /// @param isOpen Whether one of the eighths is held until it is awarded.
    function burnBond(address agent, Points points, address challenger, bool isOpen) external;

    /// @notice Gives an eighth of a lost bond, which its challenger holds, to whom it is due.
    /// Reverts if: less is held.
    /// @param challenger Who holds it.
    /// @param winner Whose it is; the challenger itself, too.
    /// @param points The eighth, micro-points.
    function award(address challenger, address winner, Points points) external;

    // Channels: the payment channels only

    /// @notice Holds free points of a trader for a channel.
    /// Reverts if: less is free.
    /// @param trader Whose they are.
    /// @param points Micro-points.
    function hold(address trader, Points points) external;

    /// @notice Gives points that two accounts hold for a channel to the two in another way, held or free.
    /// Reverts if: less is held; more or less is given than is taken.
    /// @param one What becomes of one's.
    /// @param other What becomes of the other's.
    function shift(Move calldata one, Move calldata other) external;

    // Trades: the settlement only

    /// @notice Ends trades: pays the sellers out of what the buyers' accounts hold, frees the rest, and counts the trades in
    /// the sellers' track records. Sums of energy stop at 2^64 − 1, so that a full record holds back nobody's money.
    /// Reverts if: less is held; a seller would get more than what was held.
    /// @param payments One for each trade, in any order.
    function pay(PackedPayment[] calldata payments) external;

    // Look

    /// @notice The account's points and the nonces of its buy orders.
    /// @param trader Its owner.
    function walletOf(address trader) external view returns (Wallet memory);

    /// @notice Points reserved for orders, locked in trades or channels, or held as a bond, micro-points.
    /// @param trader Whose they are.
    function heldOf(address trader) external view returns (Points);

    /// @notice Whether a nonce of the trader's orders of one side is used, or its page closed.
    /// @param trader Whose orders they are.
    /// @param side Of which orders.
    /// @param nonce The order's nonce, page · 32 + place in the page.
    function isNonceUsed(address trader, Side side, uint32 nonce) external view returns (bool);

    /// @notice What a seller promised and delivered in settled trades, and the nonces of its sell orders.
    /// @param seller Whose record it is.
    function trackRecordOf(address seller) external view returns (TrackRecord memory);

    /// @notice Energy delivered of energy promised, ppm, rounded down; 1 000 000 before the first trade. And the number of
    /// settled trades.
    /// @param seller Whose record it is.
    function reliabilityOf(address seller) external view returns (Ppm rate, uint32 trades);

    /// @notice Σ free + held over all accounts, micro-points.
    function totalCredits() external view returns (Points);
}
