// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {PackedTrade, TradePosition} from "../../contracts/types/Trades.sol";
import {Points, Wh} from "../../contracts/types/Units.sol";
import {IDeliveries} from "../metering/IDeliveries.sol";

/// @title Settlement: how a trade ends
/// @notice Points locked in a trade of a final round can leave in four ways: by the meter, when the seller's signed reading
/// says what was delivered; by agreement, when two of {buyer, seller, arbiter} sign; by refund to the buyer, from the market's
/// refund time on, or two slots later; by the auditors' veto, to the buyer, too, before the slot starts. The points themselves are in IAccounts,
/// which ends all trades of a call at once.
/// @dev Invariants: MON-2 every trade has a way out that needs nobody's goodwill: `refund`.
/// Trust assumptions.
/// Safety: IClearing commits to the trades, IDeliveries says what was delivered; two of {buyer, seller, arbiter} do not
/// collude against the third; fewer than `threshold` auditors collude, who could otherwise veto trades, or have
/// readings refused that are not yet taken (IDeviceChanges.voteDistrust): either way the money goes back to the buyer.
/// Liveness: none; `refund` needs nobody.
///
/// Signed type, in this contract's EIP-712 domain ("PowerPact", "1"); `toSeller` in micro-points:
/// Agreement(bytes32 tradeId,uint128 toSeller)
interface ISettlement {
    /// @dev A trade of a final round, with its proof.
    struct TradeProof {
        PackedTrade trade;
        TradePosition position;
        /// Merkle proof of the trade in its chunk.
        bytes32[] siblings;
    }

    /// @dev A trade with the readings that settle it.
    struct Delivery {
        TradeProof traded;
        IDeliveries.Measured measured;
    }

    /// @dev How a trade ended.
    enum Outcome {
        Delivered,
        Agreed,
        Refunded,
        Vetoed
    }

    // Events

    /// @notice A trade has ended: the seller delivered `delivered` Wh and got `paid` micro-points, after `penalty`
    /// micro-points were taken off; the rest of the reservation is the buyer's again.
    event TradeSettled(
        bytes32 indexed tradeId,
        address indexed buyer,
        address indexed seller,
        Outcome outcome,
        Wh delivered,
        Points paid,
        Points penalty
    );

    /// @notice Where the import counts, beside `TradeSettled`: of what was delivered, the buyer was charged for `used` Wh in full.
    event EnergyUsed(bytes32 indexed tradeId, Wh used);

    /// @notice An auditor flagged a trade, which changes nothing.
    event TradeFlagged(bytes32 indexed tradeId, address indexed auditor, string reason);

    /// @notice An auditor voted to veto a trade for a reason; `votes` for the same reason so far.
    event VetoVoted(bytes32 indexed tradeId, address indexed auditor, uint256 votes, string reason);

    /// @notice The share of the export of a trade that ended by agreement, refund or veto is certified to its seller: `energy` Wh.
    event TradeCertified(bytes32 indexed tradeId, address indexed seller, Wh energy);

    // Errors

    /// @notice Thrown when a trade has not ended yet, so that the meter may still settle it.
    error Settlement_NotEnded(bytes32 tradeId);

    /// @notice Thrown when the trades given are not exactly those of the chunk, in their order.
    error Settlement_WrongChunk(bytes32 market, uint32 chunk);

    /// @notice Thrown when each trade of a chunk has ended, or waits for a reading.
    error Settlement_NothingToSettle(bytes32 market, uint32 chunk);

    /// @notice Thrown when a trade's proof does not lead to its chunk of the market's final proposal.
    error Settlement_UnknownTrade(bytes32 market, uint32 chunk, uint8 index);

    /// @notice Thrown when the trade has ended.
    error Settlement_AlreadySettled(bytes32 tradeId);

    /// @notice Thrown when all of what a call would do is done already.
    error Settlement_NothingLeft(bytes32 market);

    /// @notice Thrown when the readings of the buyer's meter are missing, which are waited for until `until`, Unix seconds.
    error Settlement_ImportMissing(bytes32 tradeId, uint40 until);

    /// @notice Thrown when the buyer's meter does not count in the market.
    error Settlement_ImportNotCounted(bytes32 tradeId);

    /// @notice Thrown when an agreement gives the seller more than the trade's value, micro-points.
    error Settlement_AboveValue(bytes32 tradeId, Points given, Points most);

    /// @notice Thrown when the signers are not two of {buyer, seller, arbiter}.
    error Settlement_BadSigners(bytes32 tradeId, address first, address second);

    /// @notice Thrown when a signature is not the signer's over this agreement.
    error Settlement_BadSignature(bytes32 tradeId, address signer);

    /// @notice Thrown when a refund comes before its time, Unix seconds.
    error Settlement_TooEarly(bytes32 tradeId, uint40 refundFrom);

    /// @notice Thrown when the caller is no auditor.
    error Settlement_NotAuditor(address caller);

    /// @notice Thrown when an auditor is buyer or seller of the trade.
    error Settlement_OwnTrade(bytes32 tradeId, address auditor);

    /// @notice Thrown when there is no reason.
    error Settlement_EmptyReason(bytes32 tradeId);

    /// @notice Thrown when the trade's slot has started, from `until` on, Unix seconds.
    error Settlement_VetoTooLate(bytes32 tradeId, uint40 until);

    /// @notice Thrown when an auditor votes a second time to veto a trade for the same reason.
    error Settlement_AlreadyVoted(bytes32 tradeId, address auditor);

    // By the meter: anyone

    /// @notice Pays by the meter: all trades of a chunk that have not ended and whose device's last reading is of the market's
    /// slot, and the buyer's meter's, too, where it counts; the others stay. The seller is paid the delivered energy at the
    /// trade's price, less the market's penalty on the value of the shortfall beyond the tolerance (never below zero); the buyer
    /// gets the rest of the reservation and the certificates of what it used.
    /// delivered is the trade's share of the export, and used the least of that and its share of the import (IDeliveries.deliver);
    /// used = delivered where the buyers' meters do not count;
    /// worth = value(used) + ⌊(value(delivered) − value(used)) · underuse⌋;
    /// shortfall = sold − delivered; penalised = max(0, shortfall − ⌊sold · tolerance⌋);
    /// penalty = min(worth, ⌊value(penalised) · penalty⌋); paid = worth − penalty.
    /// Reverts if: the round is not final; the trades are not exactly those of the chunk; none can be paid.
    /// @param market Id of the market.
    /// @param chunk Number of the chunk in the final proposal, from 0.
    /// @param trades All trades of the chunk, in their order.
    function settle(bytes32 market, uint32 chunk, PackedTrade[] calldata trades) external;

    /// @notice `settle` for trades whose devices have reported a later interval by now, or whose slot has several intervals: each
    /// with its readings' proofs. From one slot after the refund time on the readings of a buyer's meter may be missing: then what
    /// was delivered is paid as if it was used, and its certificates are the seller's. Trades that have ended are passed over.
    /// Reverts if: the round is not final; a trade is not of it; all have ended; the readings are not those of the slot's intervals,
    /// or unknown; those of the buyer's meter are missing too early, or there where it does not count.
    /// @param market Id of the market.
    /// @param deliveries Trades of the market, in any order.
    function settleLate(bytes32 market, Delivery[] calldata deliveries) external;

    // By agreement: anyone, with two signatures

    /// @notice Pays as two of {buyer, seller, arbiter} signed: `toSeller` to the seller, the rest back to the buyer.
    /// Certificates are the seller's (`certify`), and its track record does not count the trade.
    /// Reverts if: the round is not final; the trade is not of it or has ended; `toSeller` is above the trade's value; the
    /// signers are not two of the three; a signature is not its signer's.
    /// @param market Id of the market.
    /// @param traded The trade, with its proof.
    /// @param toSeller Micro-points, at most the trade's value.
    /// @param signers Two of {buyer, seller, arbiter}.
    /// @param signatures Their signatures over the agreement, each of a key or of a contract (ERC-1271).
    function settleAgreed(
        bytes32 market,
        TradeProof calldata traded,
        Points toSeller,
        address[2] calldata signers,
        bytes[2] calldata signatures
    ) external;

    // By refund: anyone, after the time lock

    /// @notice From the market's refund time on: gives the buyers the money of trades that nothing else settled. Each
    /// counts as not delivered. Trades that have ended are passed over.
    /// Where the import counts, too, and the seller's device has reported the last interval of the slot, or a later one, it is
    /// two slots later: in the first the readings of both sides settle, in the second those of the seller alone (`settleLate`),
    /// and neither side can keep the other from it by silence.
    /// Reverts if: the round is not final; it is too early; a trade is not of the round; all have ended.
    /// @param market Id of the market.
    /// @param traded Trades of the market, in any order.
    function refund(bytes32 market, TradeProof[] calldata traded) external;

    // By the auditors, before the slot

    /// @notice An auditor's doubt about a trade of a final round, for everybody to see, whether the trade has ended or not. It
    /// changes nothing.
    /// Reverts if: the round is not final; the trade is not of it; the caller is no auditor, or a party to the trade; there is no
    /// reason.
    /// @param market Id of the market.
    /// @param traded The trade, with its proof.
    /// @param reason Why, in words; not empty.
    function flag(bytes32 market, TradeProof calldata traded, string calldata reason) external;

    /// @notice An auditor's vote to veto a trade, possible from the finality of its round until its slot starts; the vote that
    /// reaches the committee's threshold for the same reason, to the letter, ends the trade. All that it holds goes back to its
    /// buyer, who may order anew. Its energy stays sold (`decide`), and the seller may sell what is left of its device's capacity;
    /// where the import counts, the energy stays bought, too (`decidePurchases`). Certificates are the seller's (`certify`), and
    /// its track record does not count the trade. Votes count for one composition of the committee.
    /// @dev Warning: a round that becomes final after its slot has started cannot be vetoed.
    /// Reverts if: the round is not final; the trade is not of it, or has ended; its slot has started; the caller is no auditor, a
    /// party to the trade, or has voted for this; there is no reason.
    /// @param market Id of the market.
    /// @param traded The trade, with its proof.
    /// @param reason Why, in words; not empty.
    function veto(bytes32 market, TradeProof calldata traded, string calldata reason) external;

    // What a device sold: anyone

    /// @notice Decides sell orders by one trade of each: from now on the device may sell more of the slot, behind what these
    /// orders sold, and its surplus can be certified (IDeliveries.issue). An order without a trade is decided by its
    /// cancellation or release (IOrderBook). Whoever sells a slot once need not call this. Decided ones are passed over.
    /// Reverts if: the round is not final; a trade is not of it; all sell orders are decided.
    /// @param market Id of the market.
    /// @param traded A trade of each sell order.
    function decide(bytes32 market, TradeProof[] calldata traded) external;

    /// @notice `decide` for buy orders whose meters count: from now on the meter may buy more of the slot.
    /// Reverts if: the round is not final; a trade is not of it; its buyer's meter does not count; all buy orders are decided.
    /// @param market Id of the market.
    /// @param traded A trade of each buy order.
    function decidePurchases(bytes32 market, TradeProof[] calldata traded) external;

    // Certificates of what was not sold in the end: anyone

    /// @notice Certifies to the sellers the shares of the export of trades that ended by agreement, refund or veto: what such a
    /// trade no longer sells is the seller's, and nobody else's share changes. Trades whose share is certified are passed over.
    /// Reverts if: the round is not final; a trade is not of it, or has not ended; the shares of all are certified; the readings are
    /// not those of the slot's intervals, or unknown.
    /// @param market Id of the market.
    /// @param deliveries Trades of the market with the readings of their devices, in any order; other readings are not looked at.
    function certify(bytes32 market, Delivery[] calldata deliveries) external;

    // Look

    /// @notice The id of a trade: keccak256(abi.encode(sellId, buyId, agent, market)). Reverts if the round is not final.
    /// @param market Id of the market.
    /// @param trade A trade, of which the ids of its orders count.
    function tradeId(bytes32 market, PackedTrade calldata trade) external view returns (bytes32);

    /// @notice Whether the share of the export of the trade at this place of the market's final proposal is certified, to its
    /// buyer or its seller.
    /// @param market Id of the market.
    /// @param position Chunk and index.
    function isCertified(bytes32 market, TradePosition calldata position) external view returns (bool);

    /// @notice Whether the trade at this place of the market's final proposal has ended.
    /// @param market Id of the market.
    /// @param position Chunk and index.
    function isSettled(bytes32 market, TradePosition calldata position) external view returns (bool);
}
