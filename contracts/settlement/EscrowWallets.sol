// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {IClearing} from "../../interfaces/clearing/IClearing.sol";
import {IEscrowWallets} from "../../interfaces/settlement/IEscrowWallets.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {IOrderBook} from "../../interfaces/market/IOrderBook.sol";
import {IPowerPoints} from "../../interfaces/tokens/IPowerPoints.sol";
import {TradeHashing} from "../shared/TradeHashing.sol";
import {Reliability, packReliability} from "../types/Attested.sol";
import {BatchRoot} from "../shared/BatchRoot.sol";
import {Market, Mode} from "../types/Markets.sol";
import {Nonces, pageOf} from "../types/Nonces.sol";
import {OrderFields, PackedOrder, Side} from "../types/Orders.sol";
import {Signatures} from "../shared/Signatures.sol";
import {PackedReading, ReadingFields} from "../types/Readings.sol";
import {PackedTrade, TradeFields, TradePosition} from "../types/Trades.sol";
import {ONE_PPM, Points, Ppm, Wh, valueDown} from "../types/Units.sol";
import {PackedWallet} from "../types/Wallets.sol";
import {Payout} from "./libraries/Payout.sol";

/// @title EscrowWallets
/// @notice What it promises stands in IEscrowWallets.
contract EscrowWallets is IEscrowWallets, EIP712 {
    using SafeERC20 for IPowerPoints;
    using OrderFields for PackedOrder;
    using ReadingFields for PackedReading;
    using TradeFields for PackedTrade;

    /// @dev The final round of a market, loaded once for a call.
    struct Round {
        bytes32 market;
        uint64 proposal;
        address agent;
        Market rules;
    }

    bytes32 private constant AGREEMENT_TYPEHASH = keccak256("Agreement(bytes32 tradeId,uint128 toSeller)");

    IPowerPoints public immutable POINTS;
    IOrderBook public immutable ORDER_BOOK;
    IClearing public immutable CLEARING;
    IMetering public immutable METERING;

    /// @inheritdoc IEscrowWallets
    Points public totalCredits;
    mapping(address trader => PackedWallet) private _wallets;
    mapping(address seller => TrackRecord) private _records;
    /// @inheritdoc IEscrowWallets
    mapping(bytes32 market => Points) public lockedIn;
    /// @dev Bits of settled trades of a market's final proposal, one word a chunk.
    mapping(bytes32 market => mapping(uint32 chunk => uint256)) private _settled;
    /// @dev Ids that an agreement ended in divisible rounds, where a pair can have several trades of one id.
    mapping(bytes32 tradeId => bool) private _agreed;

    modifier onlyOrderBook() {
        require(msg.sender == address(ORDER_BOOK), Escrow_NotOrderBook(msg.sender));
        _;
    }

    modifier onlyClearing() {
        require(msg.sender == address(CLEARING), Escrow_NotClearing(msg.sender));
        _;
    }

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
        PackedWallet wallet = _wallets[msg.sender];
        _requireFree(msg.sender, wallet, points);
        _wallets[msg.sender] = wallet.take(_narrow(points));
        totalCredits = totalCredits - points;
        emit Withdrawn(msg.sender, points);
        POINTS.safeTransfer(to, Points.unwrap(points));
    }

    /// @inheritdoc IEscrowWallets
    function admit(PackedOrder[] calldata orders) external onlyOrderBook returns (Reliability[] memory past) {
        past = new Reliability[](orders.length);
        PackedOrder memory order = PackedOrder(0, 0, 0, 0, 0);
        for (uint256 i = 0; i < orders.length; ++i) {
            (order.head, order.terms) = (orders[i].head, orders[i].terms);
            if (order.isBuy()) _reserve(order);
            else past[i] = _pastOf(order);
        }
    }

    /// @inheritdoc IEscrowWallets
    function cancelNonces(address trader, Side side, uint32 page, uint32 mask) external onlyOrderBook {
        if (side == Side.Buy) {
            PackedWallet wallet = _wallets[trader];
            _wallets[trader] = wallet.withNonces(wallet.nonces().mark(page, mask));
        } else {
            _records[trader].nonces = _records[trader].nonces.mark(page, mask);
        }
        emit NoncesCancelled(trader, side, page, mask);
    }

    /// @inheritdoc IEscrowWallets
    function release(address[] calldata traders, Points[] calldata points) external onlyOrderBook {
        for (uint256 i = 0; i < traders.length; ++i) {
            _unhold(traders[i], points[i], points[i]);
            emit Released(traders[i], points[i]);
        }
    }

    /// @inheritdoc IEscrowWallets
    function lock(bytes32 market, Points points) external onlyClearing {
        lockedIn[market] = points;
        emit RoundLocked(market, points);
    }

    /// @inheritdoc IEscrowWallets
    function holdBond(address agent, Points points) external onlyClearing {
        PackedWallet wallet = _wallets[agent];
        _requireFree(agent, wallet, points);
        _wallets[agent] = wallet.hold(_narrow(points));
        emit BondHeld(agent, points);
    }

    /// @inheritdoc IEscrowWallets
    function releaseBond(address agent, Points points) external onlyClearing {
        _unhold(agent, points, points);
        emit BondReleased(agent, points);
    }

    /// @inheritdoc IEscrowWallets
    function forfeitBond(address agent, Points points, address challenger) external onlyClearing {
        Points reward = points.halfDown();
        Points burnt = points - reward;
        _unhold(agent, points, Points.wrap(0));
        _wallets[challenger] = _wallets[challenger].give(_narrow(reward));
        totalCredits = totalCredits - burnt;
        emit BondForfeited(agent, challenger, reward, burnt);
        POINTS.burn(Points.unwrap(burnt));
    }

    /// @inheritdoc IEscrowWallets
    // Metering is part of the deployment and calls nobody but the certificates, which call no receiver.
    // slither-disable-next-line reentrancy-no-eth
    function settle(bytes32 market, uint32 chunk, PackedTrade[] calldata trades) external {
        Round memory round = _finalRound(market);
        PackedTrade[] memory copies = trades;
        _requireChunk(round, chunk, copies);
        uint256 settled = _settled[market][chunk];
        uint256 before = settled;
        Points unlocked = Points.wrap(0);
        for (uint256 k = 0; k < copies.length; ++k) {
            if ((settled >> k) & 1 != 0) continue;
            PackedTrade memory trade = copies[k];
            (bool known, Wh delivered) =
                METERING.deliverLast(trade.device(), round.rules.slotStart, _saleOf(round, trade));
            if (!known) continue;
            settled |= 1 << k;
            unlocked = unlocked + _payDelivered(round, trade, delivered);
        }
        require(settled != before, Escrow_NothingToSettle(market, chunk));
        _settled[market][chunk] = settled;
        lockedIn[market] = lockedIn[market] - unlocked;
    }

    /// @inheritdoc IEscrowWallets
    // As `settle`; besides, each trade is marked before its delivery.
    // slither-disable-next-line reentrancy-no-eth
    function settleLate(bytes32 market, Delivery[] calldata deliveries) external {
        Round memory round = _finalRound(market);
        Points unlocked = Points.wrap(0);
        for (uint256 i = 0; i < deliveries.length; ++i) {
            Delivery calldata delivery = deliveries[i];
            (bytes32 id, PackedTrade memory trade) = _take(round, delivery.traded);
            PackedReading memory reading = delivery.reading;
            require(
                reading.device() == trade.device() && reading.startAt() == round.rules.slotStart,
                Escrow_WrongReading(id, reading.device(), reading.startAt())
            );
            Wh delivered = METERING.deliver(delivery.reading, delivery.readingProof, _saleOf(round, trade));
            unlocked = unlocked + _payDelivered(round, trade, delivered);
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
        (bytes32 id, PackedTrade memory trade) = _take(round, traded);
        if (round.rules.mode == Mode.Divisible) {
            require(!_agreed[id], Escrow_AlreadySettled(id));
            _agreed[id] = true;
        }
        Points most = valueDown(trade.energy(), trade.price());
        require(!(toSeller > most), Escrow_AboveValue(id, toSeller, most));
        require(
            signers[0] != signers[1] && _isParty(signers[0], trade, round.rules.arbiter)
                && _isParty(signers[1], trade, round.rules.arbiter),
            Escrow_BadSigners(id, signers[0], signers[1])
        );
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(AGREEMENT_TYPEHASH, id, toSeller)));
        for (uint256 i = 0; i < 2; ++i) {
            require(Signatures.isValid(signers[i], digest, signatures[i]), Escrow_BadSignature(id, signers[i]));
        }
        lockedIn[market] = lockedIn[market] - trade.reserved();
        _pay(trade, toSeller);
        emit TradeSettled(id, trade.buyer(), trade.seller(), Outcome.Agreed, Wh.wrap(0), toSeller, Points.wrap(0));
        _releaseDevice(round, trade);
    }

    /// @inheritdoc IEscrowWallets
    function refund(bytes32 market, TradeProof[] calldata traded) external {
        Round memory round = _finalRound(market);
        Points unlocked = Points.wrap(0);
        for (uint256 i = 0; i < traded.length; ++i) {
            (bytes32 id, PackedTrade memory trade) = _take(round, traded[i]);
            require(block.timestamp >= round.rules.refundFrom, Escrow_TooEarly(id, round.rules.refundFrom));
            unlocked = unlocked + trade.reserved();
            _pay(trade, Points.wrap(0));
            _record(trade.seller(), trade.energy(), Wh.wrap(0));
            emit TradeSettled(
                id, trade.buyer(), trade.seller(), Outcome.Refunded, Wh.wrap(0), Points.wrap(0), Points.wrap(0)
            );
        }
        lockedIn[market] = lockedIn[market] - unlocked;
        for (uint256 i = 0; i < traded.length; ++i) {
            _releaseDevice(round, traded[i].trade);
        }
    }

    /// @inheritdoc IEscrowWallets
    function walletOf(address trader) external view returns (Wallet memory) {
        PackedWallet wallet = _wallets[trader];
        return Wallet({free: wallet.free(), held: wallet.held(), nonces: wallet.nonces()});
    }

    /// @inheritdoc IEscrowWallets
    function heldOf(address trader) external view returns (Points) {
        return Points.wrap(_wallets[trader].held());
    }

    /// @inheritdoc IEscrowWallets
    function isNonceUsed(address trader, Side side, uint32 nonce) external view returns (bool) {
        (uint32 page, uint32 mask) = pageOf(nonce);
        return (side == Side.Buy ? _wallets[trader].nonces() : _records[trader].nonces).isUsed(page, mask);
    }

    /// @inheritdoc IEscrowWallets
    function trackRecordOf(address seller) external view returns (TrackRecord memory) {
        return _records[seller];
    }

    /// @inheritdoc IEscrowWallets
    function reliabilityOf(address seller) external view returns (Ppm rate, uint32 trades) {
        TrackRecord memory record = _records[seller];
        return (_rate(record.promised, record.delivered), record.trades);
    }

    /// @inheritdoc IEscrowWallets
    function tradeId(bytes32 market, PackedTrade calldata trade) external view returns (bytes32) {
        // The id of a trade does not depend on the proposal's number.
        // slither-disable-next-line unused-return
        (, address agent) = CLEARING.finalRound(market);
        return TradeHashing.id(market, agent, trade);
    }

    /// @inheritdoc IEscrowWallets
    function isSettled(bytes32 market, TradePosition calldata position) external view returns (bool) {
        return _settled[market][position.chunk] & (1 << position.index) != 0;
    }

    /// @dev Use a buy order's nonce, and hold what it can cost: no trade costs more than the energy at the bid.
    /// Reverts if: the nonce is used; less is free.
    function _reserve(PackedOrder memory order) private {
        address trader = order.trader();
        Points points = valueDown(order.energy(), order.price());
        PackedWallet wallet = _wallets[trader];
        _requireFree(trader, wallet, points);
        (bool isNew, Nonces nonces) = wallet.nonces().use(order.nonce());
        require(isNew, Escrow_NonceUsed(trader, Side.Buy, order.nonce()));
        _wallets[trader] = wallet.hold(_narrow(points)).withNonces(nonces);
    }

    /// @dev What is known of a sell order's trader.
    /// Reverts if: the nonce is used.
    function _pastOf(PackedOrder memory order) private view returns (Reliability) {
        address trader = order.trader();
        TrackRecord storage record = _records[trader];
        (Wh promised, Wh delivered) = (record.promised, record.delivered);
        (uint32 trades, Nonces nonces) = (record.trades, record.nonces);
        (bool isNew,) = nonces.use(order.nonce());
        require(isNew, Escrow_NonceUsed(trader, Side.Sell, order.nonce()));
        return packReliability(trades, _rate(promised, delivered));
    }

    function _deposit(Points points) private {
        require(Points.unwrap(points) != 0, Escrow_ZeroPoints());
        uint256 claims = uint256(Points.unwrap(totalCredits)) + Points.unwrap(points);
        // So every sum of wallets fits into 96 bits.
        require(claims <= type(uint96).max, Escrow_WalletsFull(Points.unwrap(totalCredits), type(uint96).max));
        _wallets[msg.sender] = _wallets[msg.sender].give(_narrow(points));
        totalCredits = Points.wrap(uint128(claims));
        emit Deposited(msg.sender, points);
        POINTS.safeTransferFrom(msg.sender, address(this), Points.unwrap(points));
    }

    function _finalRound(bytes32 market) private view returns (Round memory round) {
        round.market = market;
        (round.proposal, round.agent) = CLEARING.finalRound(market);
        round.rules = ORDER_BOOK.rulesOf(market);
    }

    /// Reverts if: the trades are not exactly those of the chunk.
    function _requireChunk(Round memory round, uint32 chunk, PackedTrade[] memory trades) private view {
        bytes32[] memory leaves = new bytes32[](trades.length);
        for (uint256 k = 0; k < trades.length; ++k) {
            leaves[k] = TradeHashing.leaf(k, trades[k]);
        }
        require(
            BatchRoot.rootOf(leaves) == CLEARING.chunkRoot(round.proposal, chunk),
            Escrow_WrongChunk(round.market, chunk)
        );
    }

    /// @dev Pay a trade by what was delivered. Returns the reservation that it unlocks.
    function _payDelivered(Round memory round, PackedTrade memory trade, Wh delivered) private returns (Points) {
        Wh sold = trade.energy();
        (Points paid, Points penalty) = Payout.forDelivery(sold, delivered, trade.price(), round.rules);
        _pay(trade, paid);
        _record(trade.seller(), sold, delivered);
        emit TradeSettled(
            TradeHashing.id(round.market, round.agent, trade),
            trade.buyer(),
            trade.seller(),
            Outcome.Delivered,
            delivered,
            paid,
            penalty
        );
        return trade.reserved();
    }

    /// @dev What Metering must know of a trade.
    function _saleOf(Round memory round, PackedTrade memory trade) private view returns (IMetering.Sale memory) {
        return IMetering.Sale({
            buyer: trade.buyer(), seller: trade.seller(), energy: trade.energy(), total: _totalOf(round, trade)
        });
    }

    /// @dev All energy that the trade's sell order sold in the round.
    function _totalOf(Round memory round, PackedTrade memory trade) private view returns (Wh) {
        if (round.rules.mode == Mode.OneToOne) return trade.energy();
        return CLEARING.boundEnergy(round.market, trade.sellId(), trade.offered());
    }

    /// @dev A device is free when its only trade in the slot ended without a delivery.
    function _releaseDevice(Round memory round, PackedTrade memory trade) private {
        if (trade.energy() < _totalOf(round, trade)) return;
        ORDER_BOOK.releaseDevice(trade.device(), round.rules.slotStart);
    }

    /// @dev Mark a trade as settled.
    /// Reverts if: it is not in the market's final proposal, or settled.
    function _take(Round memory round, TradeProof calldata traded)
        private
        returns (bytes32 id, PackedTrade memory trade)
    {
        TradePosition memory position = traded.position;
        trade = traded.trade;
        require(
            MerkleProof.processProofCalldata(traded.siblings, TradeHashing.leaf(position.index, trade))
                == CLEARING.chunkRoot(round.proposal, position.chunk),
            Escrow_UnknownTrade(round.market, position.chunk, position.index)
        );
        id = TradeHashing.id(round.market, round.agent, trade);
        uint256 bits = _settled[round.market][position.chunk];
        uint256 bit = 1 << position.index;
        require(bits & bit == 0, Escrow_AlreadySettled(id));
        _settled[round.market][position.chunk] = bits | bit;
    }

    /// @dev End a trade: `toSeller` to the seller, the rest of the reservation back to the buyer.
    function _pay(PackedTrade memory trade, Points toSeller) private {
        Points reserved = trade.reserved();
        _unhold(trade.buyer(), reserved, reserved - toSeller);
        address seller = trade.seller();
        _wallets[seller] = _wallets[seller].give(_narrow(toSeller));
    }

    /// @dev Take `held` from what the trader holds, and give `free` of it back.
    function _unhold(address trader, Points held, Points free) private {
        _wallets[trader] = _wallets[trader].unhold(_narrow(held), _narrow(free));
    }

    /// @dev Count a settled trade. The sums stop at the largest energy, so that a full record cannot hold
    /// back anybody's money.
    function _record(address seller, Wh promised, Wh delivered) private {
        TrackRecord memory record = _records[seller];
        record.promised = record.promised.addCapped(promised);
        record.delivered = record.delivered.addCapped(delivered);
        record.trades += 1;
        _records[seller] = record;
    }

    /// @dev Delivered energy of promised energy.
    function _rate(Wh promised, Wh delivered) private pure returns (Ppm) {
        if (Wh.unwrap(promised) == 0) return Ppm.wrap(ONE_PPM);
        return Ppm.wrap(uint32((uint256(Wh.unwrap(delivered)) * ONE_PPM) / Wh.unwrap(promised)));
    }

    function _isParty(address signer, PackedTrade memory trade, address arbiter) private pure returns (bool) {
        return signer == trade.buyer() || signer == trade.seller() || signer == arbiter;
    }

    function _requireFree(address trader, PackedWallet wallet, Points needed) private pure {
        uint96 have = wallet.free();
        require(have >= Points.unwrap(needed), Escrow_InsufficientBalance(trader, Points.wrap(have), needed));
    }

    /// @dev Points of a wallet. Cannot be cut: each amount here is part of all claims, which fit (`_deposit`), or was
    /// compared with a balance.
    function _narrow(Points points) private pure returns (uint96) {
        return uint96(Points.unwrap(points));
    }
}
