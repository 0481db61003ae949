// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IClearing} from "../../interfaces/IClearing.sol";
import {IEscrowWallets} from "../../interfaces/IEscrowWallets.sol";
import {IMetering} from "../../interfaces/IMetering.sol";
import {IOrderBook} from "../../interfaces/IOrderBook.sol";
import {IPowerPoints} from "../../interfaces/IPowerPoints.sol";
import {TradeHashing} from "../market/libraries/TradeHashing.sol";
import {Market} from "../types/Markets.sol";
import {Signatures} from "../types/Signatures.sol";
import {Trade, TradePosition} from "../types/Trades.sol";
import {ONE_PPM, Points, Ppm, Wh, valueDown} from "../types/Units.sol";
import {Payout} from "./libraries/Payout.sol";

/// @title EscrowWallets
/// @notice What it promises stands in IEscrowWallets.
contract EscrowWallets is IEscrowWallets, EIP712 {
    using SafeERC20 for IPowerPoints;

    /// @dev The final round of a market, loaded once for a call.
    struct Round {
        bytes32 market;
        uint64 proposal;
        address agent;
        Market rules;
        /// The chunk that was looked at last, and its root: trades often stay within one chunk.
        uint32 chunk;
        bytes32 root;
    }

    bytes32 private constant RELEASE_TYPEHASH = keccak256("Release(bytes32 tradeId,uint128 toSeller)");

    IPowerPoints public immutable POINTS;
    IOrderBook public immutable ORDER_BOOK;
    IClearing public immutable CLEARING;
    IMetering public immutable METERING;

    /// @inheritdoc IEscrowWallets
    Points public totalClaims;
    mapping(address trader => Wallet) private _wallets;
    mapping(address seller => TrackRecord) private _records;
    /// @inheritdoc IEscrowWallets
    mapping(bytes32 market => Points) public lockedIn;
    /// @dev Bits of settled trades of a market's final proposal, one word a chunk.
    mapping(bytes32 market => mapping(uint32 chunk => uint256)) private _settled;

    constructor(address points, address orderBook, address clearing, address metering) EIP712("PowerPact", "1") {
        POINTS = IPowerPoints(points);
        ORDER_BOOK = IOrderBook(orderBook);
        CLEARING = IClearing(clearing);
        METERING = IMetering(metering);
    }

    /// @inheritdoc IEscrowWallets
    function deposit(Points points) external {
        _deposit(points);
    }

    /// @inheritdoc IEscrowWallets
    function depositWithPermit(Points points, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // Whoever carries the permit first uses its nonce up; the allowance is there all the same.
        try POINTS.permit(msg.sender, address(this), Points.unwrap(points), deadline, v, r, s) {} catch {}
        _deposit(points);
    }

    /// @inheritdoc IEscrowWallets
    function withdraw(Points points, address to) external {
        require(Points.unwrap(points) != 0, Escrow_ZeroPoints());
        Wallet storage wallet = _wallets[msg.sender];
        _requireFree(msg.sender, wallet.free, points);
        wallet.free = wallet.free - points;
        totalClaims = totalClaims - points;
        emit Withdrawn(msg.sender, points);
        POINTS.safeTransfer(to, Points.unwrap(points));
    }

    /// @inheritdoc IEscrowWallets
    function reserve(address[] calldata traders, Points[] calldata points) external {
        require(msg.sender == address(ORDER_BOOK), Escrow_NotOrderBook(msg.sender));
        for (uint256 i = 0; i < traders.length; ++i) {
            Wallet memory wallet = _wallets[traders[i]];
            _requireFree(traders[i], wallet.free, points[i]);
            _wallets[traders[i]] = Wallet({free: wallet.free - points[i], held: wallet.held + points[i]});
            emit Reserved(traders[i], points[i]);
        }
    }

    /// @inheritdoc IEscrowWallets
    function release(address[] calldata traders, Points[] calldata points) external {
        require(msg.sender == address(ORDER_BOOK), Escrow_NotOrderBook(msg.sender));
        for (uint256 i = 0; i < traders.length; ++i) {
            _unhold(traders[i], points[i], points[i]);
            emit Released(traders[i], points[i]);
        }
    }

    /// @inheritdoc IEscrowWallets
    function lock(bytes32 market, Points points) external {
        require(msg.sender == address(CLEARING), Escrow_NotClearing(msg.sender));
        lockedIn[market] = points;
        emit RoundLocked(market, points);
    }

    /// @inheritdoc IEscrowWallets
    function settle(bytes32 market, Delivery[] calldata deliveries) external {
        Round memory round = _finalRound(market);
        Points unlocked = Points.wrap(0);
        for (uint256 i = 0; i < deliveries.length; ++i) {
            unlocked = unlocked + _settleDelivered(round, deliveries[i]);
        }
        lockedIn[market] = lockedIn[market] - unlocked;
    }

    /// @inheritdoc IEscrowWallets
    function settleAgreed(
        bytes32 market,
        TradeProof calldata traded,
        Points toSeller,
        address[2] calldata signers,
        bytes[2] calldata signatures
    ) external {
        Round memory round = _finalRound(market);
        (bytes32 id, Trade memory trade) = _take(round, traded);
        Points most = valueDown(trade.energy, trade.price);
        require(!(toSeller > most), Escrow_AboveValue(id, toSeller, most));
        require(
            signers[0] != signers[1] && _isParty(signers[0], trade, round.rules.arbiter)
                && _isParty(signers[1], trade, round.rules.arbiter),
            Escrow_BadSigners(id, signers[0], signers[1])
        );
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(RELEASE_TYPEHASH, id, toSeller)));
        for (uint256 i = 0; i < 2; ++i) {
            require(Signatures.isValid(signers[i], digest, signatures[i]), Escrow_BadSignature(id, signers[i]));
        }
        lockedIn[market] = lockedIn[market] - trade.reserved;
        _pay(trade, toSeller);
        emit TradeSettled(id, trade.buyer, trade.seller, Outcome.Agreed, Wh.wrap(0), toSeller, Points.wrap(0));
        ORDER_BOOK.freeDevice(trade.device, round.rules.slotStart);
    }

    /// @inheritdoc IEscrowWallets
    function refund(bytes32 market, TradeProof[] calldata traded) external {
        Round memory round = _finalRound(market);
        Points unlocked = Points.wrap(0);
        for (uint256 i = 0; i < traded.length; ++i) {
            (bytes32 id, Trade memory trade) = _take(round, traded[i]);
            require(block.timestamp >= round.rules.refundFrom, Escrow_TooEarly(id, round.rules.refundFrom));
            unlocked = unlocked + trade.reserved;
            _pay(trade, Points.wrap(0));
            _record(trade.seller, trade.energy, Wh.wrap(0));
            emit TradeSettled(
                id, trade.buyer, trade.seller, Outcome.Refunded, Wh.wrap(0), Points.wrap(0), Points.wrap(0)
            );
        }
        lockedIn[market] = lockedIn[market] - unlocked;
        for (uint256 i = 0; i < traded.length; ++i) {
            ORDER_BOOK.freeDevice(traded[i].trade.device, round.rules.slotStart);
        }
    }

    /// @inheritdoc IEscrowWallets
    function walletOf(address trader) external view returns (Wallet memory) {
        return _wallets[trader];
    }

    /// @inheritdoc IEscrowWallets
    function heldOf(address trader) external view returns (Points) {
        return _wallets[trader].held;
    }

    /// @inheritdoc IEscrowWallets
    function trackRecordOf(address seller) external view returns (TrackRecord memory) {
        return _records[seller];
    }

    /// @inheritdoc IEscrowWallets
    function reliabilityOf(address seller) external view returns (Ppm reliability, uint32 trades) {
        TrackRecord memory record = _records[seller];
        uint256 promised = Wh.unwrap(record.promised);
        uint256 ppm = promised == 0 ? ONE_PPM : (uint256(Wh.unwrap(record.delivered)) * ONE_PPM) / promised;
        return (Ppm.wrap(uint32(ppm)), record.trades);
    }

    /// @inheritdoc IEscrowWallets
    function tradeId(bytes32 market, Trade calldata trade) external view returns (bytes32) {
        // The id of a trade does not depend on the proposal's number.
        // slither-disable-next-line unused-return
        (, address agent) = CLEARING.finalRound(market);
        return TradeHashing.id(market, agent, trade);
    }

    /// @inheritdoc IEscrowWallets
    function isSettled(bytes32 market, TradePosition calldata position) external view returns (bool) {
        return _settled[market][position.chunk] & (1 << position.index) != 0;
    }

    function _deposit(Points points) private {
        require(Points.unwrap(points) != 0, Escrow_ZeroPoints());
        _wallets[msg.sender].free = _wallets[msg.sender].free + points;
        totalClaims = totalClaims + points;
        emit Deposited(msg.sender, points);
        POINTS.safeTransferFrom(msg.sender, address(this), Points.unwrap(points));
    }

    function _finalRound(bytes32 market) private view returns (Round memory round) {
        round.market = market;
        (round.proposal, round.agent) = CLEARING.finalRound(market);
        round.rules = ORDER_BOOK.rulesOf(market);
    }

    /// @dev Pay one trade by its reading. Returns the reservation that it unlocks.
    function _settleDelivered(Round memory round, Delivery calldata delivery) private returns (Points) {
        (bytes32 id, Trade memory trade) = _take(round, delivery.traded);
        require(
            delivery.reading.device == trade.device && delivery.reading.slotStart == round.rules.slotStart,
            Escrow_WrongReading(id, delivery.reading.device, delivery.reading.slotStart)
        );
        Wh delivered = METERING.deliver(delivery.reading, delivery.readingProof, trade.buyer, trade.energy);
        (Points paid, Points penalty) = Payout.forDelivery(trade.energy, delivered, trade.price, round.rules);
        _pay(trade, paid);
        _record(trade.seller, trade.energy, delivered);
        emit TradeSettled(id, trade.buyer, trade.seller, Outcome.Delivered, delivered, paid, penalty);
        return trade.reserved;
    }

    /// @dev Mark a trade as settled.
    /// Reverts if: it is not in the market's final proposal, or settled.
    function _take(Round memory round, TradeProof calldata traded) private returns (bytes32 id, Trade memory trade) {
        TradePosition memory position = traded.position;
        if (round.root == 0 || round.chunk != position.chunk) {
            round.chunk = position.chunk;
            round.root = CLEARING.chunkRoot(round.proposal, position.chunk);
        }
        require(
            MerkleProof.processProofCalldata(traded.siblings, TradeHashing.leafOf(position.index, traded.trade))
                == round.root,
            Escrow_UnknownTrade(round.market, position.chunk, position.index)
        );
        trade = traded.trade;
        id = TradeHashing.id(round.market, round.agent, trade);
        uint256 bits = _settled[round.market][position.chunk];
        uint256 bit = 1 << position.index;
        require(bits & bit == 0, Escrow_AlreadySettled(id));
        _settled[round.market][position.chunk] = bits | bit;
    }

    /// @dev End a trade: `toSeller` to the seller, the rest of the reservation back to the buyer.
    function _pay(Trade memory trade, Points toSeller) private {
        _unhold(trade.buyer, trade.reserved, trade.reserved - toSeller);
        _wallets[trade.seller].free = _wallets[trade.seller].free + toSeller;
    }

    /// @dev Take `held` from what the trader holds, and give `free` of it back.
    function _unhold(address trader, Points held, Points free) private {
        Wallet memory wallet = _wallets[trader];
        _wallets[trader] = Wallet({free: wallet.free + free, held: wallet.held - held});
    }

    /// @dev Count a settled trade. The sums stop at the largest energy, so that a full record cannot hold
    /// back anybody's money.
    function _record(address seller, Wh promised, Wh delivered) private {
        TrackRecord memory record = _records[seller];
        _records[seller] = TrackRecord({
            promised: record.promised.addCapped(promised),
            delivered: record.delivered.addCapped(delivered),
            trades: record.trades + 1
        });
    }

    function _isParty(address signer, Trade memory trade, address arbiter) private pure returns (bool) {
        return signer == trade.buyer || signer == trade.seller || signer == arbiter;
    }

    function _requireFree(address trader, Points have, Points needed) private pure {
        require(!(have < needed), Escrow_InsufficientBalance(trader, have, needed));
    }
}
