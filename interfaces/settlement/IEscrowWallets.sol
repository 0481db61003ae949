// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Reliability} from "../../contracts/types/Attested.sol";
import {PackedReading} from "../../contracts/types/Readings.sol";
import {Nonces} from "../../contracts/types/Nonces.sol";
import {PackedOrder, Side} from "../../contracts/types/Orders.sol";
import {PackedTrade, TradePosition} from "../../contracts/types/Trades.sol";
import {Points, Ppm, Wh} from "../../contracts/types/Units.sol";
import {IMetering} from "../metering/IMetering.sol";

/// @title The money: wallets of traders, reservations, trade escrows, bonds
/// @notice A trader's points are free or held. Held points are reserved for an open buy order, locked in
/// a trade, or the bond of a proposal that stands. A trade's have three ways out: release by the seller's signed
/// reading, release by two of {buyer, seller, arbiter}, refund to the buyer after the market's refund time.
/// @dev Invariants: MON-1 the token balance is at least Σ free + held, and equals it unless somebody sends
/// tokens here past `deposit`. MON-2 every held point has a way out that needs nobody's goodwill.
/// Trust assumptions.
/// Safety: OrderBook and Clearing (fixed at deployment) reserve, lock and forfeit; Metering tells what was
/// delivered; two of {buyer, seller, arbiter} do not collude against the third.
/// Liveness: none; refund and withdrawal need nobody.
///
/// Nonces of orders stand beside what an order touches anyway, a buyer's in the wallet and a seller's in the track record: a
/// word of their own would cost each order a fifth more.
///
/// Signed type, in this contract's EIP-712 domain ("PowerPact", "1"):
/// Agreement(bytes32 tradeId,uint128 toSeller)
interface IEscrowWallets {
    /// @dev Kept in one word (contracts/types/Wallets). All wallets together hold less than 2^96 micro-points (`deposit`).
    struct Wallet {
        /// Micro-points that can be withdrawn or reserved.
        uint96 free;
        /// Micro-points reserved for orders, locked in trades, or held as a bond.
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
        uint32 trades;
        /// Of the trader's sell orders.
        Nonces nonces;
    }

    /// @dev A trade of a final round, with its proof.
    struct TradeProof {
        PackedTrade trade;
        TradePosition position;
        bytes32[] siblings;
    }

    /// @dev A trade with the reading that settles it.
    struct Delivery {
        TradeProof traded;
        PackedReading reading;
        IMetering.ReadingProof readingProof;
    }

    /// @dev How a trade ended.
    enum Outcome {
        Delivered,
        Agreed,
        Refunded
    }

    event Deposited(address indexed trader, Points points);
    event Withdrawn(address indexed trader, Points points);
    event Released(address indexed trader, Points points);
    event BondHeld(address indexed agent, Points points);
    event BondReleased(address indexed agent, Points points);
    event BondForfeited(address indexed agent, address indexed challenger, Points reward, Points burnt);
    event NoncesCancelled(address indexed trader, Side indexed side, uint32 page, uint32 mask);
    event RoundLocked(bytes32 indexed market, Points points);
    event TradeSettled(
        bytes32 indexed tradeId,
        address indexed buyer,
        address indexed seller,
        Outcome outcome,
        Wh delivered,
        Points paid,
        Points penalty
    );

    error Escrow_NotOrderBook(address caller);
    error Escrow_NotClearing(address caller);
    error Escrow_InsufficientBalance(address trader, Points have, Points needed);
    error Escrow_ZeroPoints();
    error Escrow_WalletsFull(uint256 have, uint256 most);
    error Escrow_NonceUsed(address trader, Side side, uint32 nonce);
    error Escrow_WrongChunk(bytes32 market, uint32 chunk);
    error Escrow_NothingToSettle(bytes32 market, uint32 chunk);
    error Escrow_UnknownTrade(bytes32 market, uint32 chunk, uint8 index);
    error Escrow_AlreadySettled(bytes32 tradeId);
    error Escrow_WrongReading(bytes32 tradeId, uint32 device, uint40 slotStart);
    error Escrow_AboveValue(bytes32 tradeId, Points given, Points most);
    error Escrow_BadSigners(bytes32 tradeId, address first, address second);
    error Escrow_BadSignature(bytes32 tradeId, address signer);
    error Escrow_TooEarly(bytes32 tradeId, uint40 refundFrom);

    /// @notice Move micro-points from the sender into the sender's wallet.
    function deposit(Points points) external;

    /// @notice `deposit` with an ERC-2612 permit of the sender.
    function depositWithPermit(Points points, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// @notice Move free micro-points of the sender out to `to`.
    function withdraw(Points points, address to) external;

    /// @notice OrderBook only: hold the points of each buy order, and use its nonce. Returns for each sell order what is known of
    /// its seller, zero for a buy order. A sell order's nonce stays: that a device sells a slot once keeps the order from being
    /// posted twice, and `OrderBook.cancel` uses the nonce.
    /// Reverts if: a nonce is used; a buyer's free points do not suffice.
    function admit(PackedOrder[] calldata orders) external returns (Reliability[] memory);

    /// @notice OrderBook only: use up nonces of a trader's orders.
    function cancelNonces(address trader, Side side, uint32 page, uint32 mask) external;

    /// @notice OrderBook only: free reservations.
    function release(address[] calldata traders, Points[] calldata points) external;

    /// @notice Clearing only: announce that reservations have become trade escrows.
    function lock(bytes32 market, Points points) external;

    /// @notice Clearing only: hold free points of an agent as the bond of a proposal.
    function holdBond(address agent, Points points) external;

    /// @notice Clearing only: give a bond back.
    function releaseBond(address agent, Points points) external;

    /// @notice Clearing only: half of a bond, rounded down, to the challenger's wallet; the rest is burnt.
    function forfeitBond(address agent, Points points, address challenger) external;

    /// @notice Pay by the meter: all trades of a chunk that have not ended and whose device's last reading is of the market's slot;
    /// the others stay. The seller is paid the delivered energy at the trade's price, less the market's penalty on the
    /// value of the shortfall beyond the tolerance (never below zero); the buyer gets the rest of the reservation and
    /// the certificates. In divisible mode a seller's export is shared over its trades in proportion to the energy sold.
    /// Anyone may call.
    /// delivered = sold if export ≥ total, else ⌊export · sold / total⌋, with total all that the order sold;
    /// shortfall = sold − delivered; penalised = max(0, shortfall − ⌊sold · tolerance⌋);
    /// penalty = min(value(delivered), ⌊value(penalised) · penalty⌋)
    /// Reverts if: the trades are not exactly those of the chunk; none can be paid.
    function settle(bytes32 market, uint32 chunk, PackedTrade[] calldata trades) external;

    /// @notice `settle` for trades whose device has reported a later slot by now: each with its reading's proof.
    function settleLate(bytes32 market, Delivery[] calldata deliveries) external;

    /// @notice Pay as two of {buyer, seller, arbiter} signed: `toSeller` micro-points, at most the trade's
    /// value, to the seller, the rest back to the buyer. Certificates stay with the device's owner. If a pair of
    /// orders has several trades, an agreement ends one of them, and the meter or time the others.
    function settleAgreed(
        bytes32 market,
        TradeProof calldata traded,
        Points toSeller,
        address[2] calldata signers,
        bytes[2] calldata signatures
    ) external;

    /// @notice From the market's refund time on: give the buyer the money of a trade that nothing else
    /// settled. Anyone may call. It counts as not delivered.
    function refund(bytes32 market, TradeProof[] calldata traded) external;

    function walletOf(address trader) external view returns (Wallet memory);

    function isNonceUsed(address trader, Side side, uint32 nonce) external view returns (bool);

    /// @notice Points reserved or locked for the trader, micro-points.
    function heldOf(address trader) external view returns (Points);

    function trackRecordOf(address seller) external view returns (TrackRecord memory);

    function reliabilityOf(address seller) external view returns (Ppm rate, uint32 trades);

    /// @notice The id of a trade: keccak256(abi.encode(sellId, buyId, agent, market)).
    function tradeId(bytes32 market, PackedTrade calldata trade) external view returns (bytes32);

    /// @notice Points locked in the unsettled trades of a market, micro-points.
    function lockedIn(bytes32 market) external view returns (Points);

    function isSettled(bytes32 market, TradePosition calldata position) external view returns (bool);

    /// @notice Σ free + held over all wallets, micro-points.
    function totalCredits() external view returns (Points);
}
