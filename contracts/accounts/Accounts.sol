// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IPowerPoints} from "../../interfaces/tokens/IPowerPoints.sol";
import {Reliability, packReliability} from "../types/Attested.sol";
import {Nonces, firstOf, lastOf, pageOf} from "../types/Nonces.sol";
import {OrderFields, PackedOrder, Side} from "../types/Orders.sol";
import {PackedPayment, accountOf, deliveredOf, pointsOf, promisedOf} from "../types/Payments.sol";
import {ONE_PPM, Points, Ppm, Wh, valueDown} from "../types/Units.sol";
import {PackedWallet} from "../types/Wallets.sol";

/// @title Accounts
/// @notice See IAccounts for the specification.
contract Accounts is IAccounts {
    using SafeERC20 for IPowerPoints;
    using OrderFields for PackedOrder;

    IPowerPoints public immutable POINTS;
    address public immutable ORDER_BOOK;
    address public immutable CLEARING;
    address public immutable SETTLEMENT;
    address public immutable REFUTATIONS;
    address public immutable CHANNELS;

    /// @inheritdoc IAccounts
    Points public totalCredits;
    mapping(address trader => PackedWallet) private _wallets;
    mapping(address seller => TrackRecord) private _records;

    modifier onlyOrderBook() {
        require(msg.sender == ORDER_BOOK, Accounts_NotOrderBook(msg.sender));
        _;
    }

    modifier onlyClearing() {
        require(msg.sender == CLEARING, Accounts_NotClearing(msg.sender));
        _;
    }

    modifier onlySettlement() {
        require(msg.sender == SETTLEMENT, Accounts_NotSettlement(msg.sender));
        _;
    }

    modifier onlyChannels() {
        require(msg.sender == CHANNELS, Accounts_NotChannels(msg.sender));
        _;
    }

    /// @param points The token that is held.
    /// @param orderBook The module that reserves for orders.
    /// @param clearing The module that holds bonds.
    /// @param settlement The module that pays trades.
    /// @param refutations The module that awards what waits of lost bonds.
    /// @param channels The module that locks points in payment channels.
    constructor(
        address points,
        address orderBook,
        address clearing,
        address settlement,
        address refutations,
        address channels
    ) {
        POINTS = IPowerPoints(points);
        ORDER_BOOK = orderBook;
        CLEARING = clearing;
        SETTLEMENT = settlement;
        REFUTATIONS = refutations;
        CHANNELS = channels;
    }

    // Deposit and withdraw

    /// @inheritdoc IAccounts
    function deposit(Points points) external {
        _deposit(points);
    }

    /// @inheritdoc IAccounts
    function depositWithPermit(Points points, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        // Whoever relays the permit first uses its nonce up; the allowance is there all the same.
        try POINTS.permit(msg.sender, address(this), Points.unwrap(points), deadline, v, r, s) {} catch {}
        _deposit(points);
    }

    /// @inheritdoc IAccounts
    function withdraw(Points points, address to) external {
        require(Points.unwrap(points) != 0, Accounts_ZeroPoints());
        PackedWallet wallet = _wallets[msg.sender];
        _requireFree(msg.sender, wallet, points);

        _wallets[msg.sender] = wallet.take(_narrow(points));
        totalCredits = totalCredits - points;
        emit Withdrawn(msg.sender, points);

        POINTS.safeTransfer(to, Points.unwrap(points));
    }

    function _deposit(Points points) private {
        require(Points.unwrap(points) != 0, Accounts_ZeroPoints());
        uint256 claims = uint256(Points.unwrap(totalCredits)) + Points.unwrap(points);
        // So every sum of wallets fits into 96 bits.
        require(claims <= type(uint96).max, Accounts_WalletsFull(Points.unwrap(totalCredits), type(uint96).max));

        _wallets[msg.sender] = _wallets[msg.sender].give(_narrow(points));
        totalCredits = Points.wrap(uint128(claims));
        emit Deposited(msg.sender, points);

        POINTS.safeTransferFrom(msg.sender, address(this), Points.unwrap(points));
    }

    // Orders

    /// @inheritdoc IAccounts
    function admit(PackedOrder[] calldata orders) external onlyOrderBook returns (Reliability[] memory past) {
        past = new Reliability[](orders.length);
        PackedOrder memory order = PackedOrder(0, 0, 0, 0, 0);
        for (uint256 i = 0; i < orders.length; ++i) {
            (order.head, order.terms) = (orders[i].head, orders[i].terms);
            if (order.isBuy()) _reserve(order);
            else past[i] = _pastOf(order);
        }
    }

    /// @inheritdoc IAccounts
    function cancelNonces(address trader, Side side, uint32 page, uint32 mask) external onlyOrderBook {
        PackedWallet wallet = _wallets[trader];
        Nonces nonces = side == Side.Buy ? wallet.nonces() : _records[trader].nonces;
        require(!nonces.isFar(page), Accounts_NonceFar(trader, side, firstOf(page), lastOf(nonces)));
        if (side == Side.Buy) _wallets[trader] = wallet.withNonces(nonces.mark(page, mask));
        else _records[trader].nonces = nonces.mark(page, mask);
        emit NoncesCancelled(trader, side, page, mask);
    }

    /// @inheritdoc IAccounts
    function release(address[] calldata traders, Points[] calldata points) external onlyOrderBook {
        for (uint256 i = 0; i < traders.length; ++i) {
            _unhold(traders[i], points[i], points[i]);
            emit Released(traders[i], points[i]);
        }
    }

    /// @dev Use a buy order's nonce, unless it is mandated, and hold what it can cost: no trade costs more than the energy at the bid.
    /// Reverts if: the nonce is used, or far ahead; less is free.
    function _reserve(PackedOrder memory order) private {
        address trader = order.trader();
        Points points = valueDown(order.energy(), order.price());
        PackedWallet wallet = _wallets[trader];
        _requireFree(trader, wallet, points);
        Nonces nonces = wallet.nonces();
        if (!order.isMandated()) {
            bool isNew;
            (isNew, nonces) = nonces.use(order.nonce());
            if (!isNew) _refuseNonce(trader, Side.Buy, wallet.nonces(), order.nonce());
        }

        _wallets[trader] = wallet.hold(_narrow(points)).withNonces(nonces);
    }

    /// @dev What is known of a sell order's trader.
    /// Reverts if: the nonce is used, or far ahead.
    function _pastOf(PackedOrder memory order) private view returns (Reliability) {
        address trader = order.trader();
        TrackRecord storage record = _records[trader];
        (Wh promised, Wh delivered) = (record.promised, record.delivered);
        (uint32 trades, Nonces nonces) = (record.trades, record.nonces);
        if (!order.isMandated()) {
            (bool isNew,) = nonces.use(order.nonce());
            if (!isNew) _refuseNonce(trader, Side.Sell, nonces, order.nonce());
        }
        return packReliability(trades, _rate(promised, delivered));
    }

    /// @dev Say why a nonce is not new.
    function _refuseNonce(address trader, Side side, Nonces nonces, uint32 nonce) private pure {
        require(!nonces.isFar(nonce >> 5), Accounts_NonceFar(trader, side, nonce, lastOf(nonces)));
        revert Accounts_NonceUsed(trader, side, nonce);
    }

    // Bonds

    /// @inheritdoc IAccounts
    function holdBond(address agent, Points points) external onlyClearing {
        _hold(agent, points);
        emit BondHeld(agent, points);
    }

    /// @inheritdoc IAccounts
    function releaseBond(address agent, Points points) external onlyClearing {
        _unhold(agent, points, points);
        emit BondReleased(agent, points);
    }

    /// @inheritdoc IAccounts
    function burnBond(address agent, Points points, address challenger, bool isOpen) external onlyClearing {
        Points eighth = points.eighthDown();
        Points open = isOpen ? eighth : Points.wrap(0);
        Points reward = eighth + eighth - open;
        Points burnt = points - eighth - eighth;

        _unhold(agent, points, Points.wrap(0));
        _wallets[challenger] = _wallets[challenger].give(_narrow(reward + open)).hold(_narrow(open));
        totalCredits = totalCredits - burnt;
        emit BondForfeited(agent, challenger, reward, open, burnt);

        POINTS.burn(Points.unwrap(burnt));
    }

    /// @inheritdoc IAccounts
    function award(address challenger, address winner, Points points) external {
        require(msg.sender == REFUTATIONS, Accounts_NotRefutations(msg.sender));
        _unhold(challenger, points, Points.wrap(0));
        _wallets[winner] = _wallets[winner].give(_narrow(points));
        emit RewardAwarded(challenger, winner, points);
    }

    // Channels

    /// @inheritdoc IAccounts
    function hold(address trader, Points points) external onlyChannels {
        _hold(trader, points);
        emit Locked(trader, points);
    }

    /// @inheritdoc IAccounts
    function shift(Move calldata one, Move calldata other) external onlyChannels {
        uint256 taken = uint256(Points.unwrap(one.taken)) + Points.unwrap(other.taken);
        uint256 given = uint256(Points.unwrap(one.held)) + Points.unwrap(one.free);
        given += uint256(Points.unwrap(other.held)) + Points.unwrap(other.free);
        require(given == taken, Accounts_NotConserved(taken, given));

        _shift(one);
        _shift(other);
    }

    /// @dev Take what the trader holds, and give it what it holds and has free instead.
    function _shift(Move calldata move) private {
        (uint96 held, uint96 free) = (_narrow(move.held), _narrow(move.free));
        _wallets[move.trader] = _wallets[move.trader].unhold(_narrow(move.taken), free).give(held).hold(held);
        emit Shifted(move.trader, move.taken, move.held, move.free);
    }

    // Trades

    /// @inheritdoc IAccounts
    function pay(PackedPayment[] calldata payments) external onlySettlement {
        for (uint256 i = 0; i < payments.length; ++i) {
            (uint256 debit, uint256 credit, uint256 record) =
                (payments[i].debit, payments[i].credit, payments[i].record);
            (address buyer, address seller) = (accountOf(debit), accountOf(credit));
            (uint96 held, uint96 toSeller) = (pointsOf(debit), pointsOf(credit));
            _wallets[buyer] = _wallets[buyer].unhold(held, held - toSeller);
            _wallets[seller] = _wallets[seller].give(toSeller);
            if (record != 0) _record(seller, promisedOf(record), deliveredOf(record));
        }
    }

    /// @dev Count a settled trade. The sums stop at the largest energy, so that a full record cannot hold back anybody's
    /// money.
    function _record(address seller, Wh promised, Wh delivered) private {
        TrackRecord memory record = _records[seller];
        record.promised = record.promised.addCapped(promised);
        record.delivered = record.delivered.addCapped(delivered);
        record.trades += 1;
        _records[seller] = record;
    }

    // Look

    /// @inheritdoc IAccounts
    function walletOf(address trader) external view returns (Wallet memory) {
        PackedWallet wallet = _wallets[trader];
        return Wallet({free: wallet.free(), held: wallet.held(), nonces: wallet.nonces()});
    }

    /// @inheritdoc IAccounts
    function heldOf(address trader) external view returns (Points) {
        return Points.wrap(_wallets[trader].held());
    }

    /// @inheritdoc IAccounts
    function isNonceUsed(address trader, Side side, uint32 nonce) external view returns (bool) {
        (uint32 page, uint32 mask) = pageOf(nonce);
        return (side == Side.Buy ? _wallets[trader].nonces() : _records[trader].nonces).isUsed(page, mask);
    }

    /// @inheritdoc IAccounts
    function trackRecordOf(address seller) external view returns (TrackRecord memory) {
        return _records[seller];
    }

    /// @inheritdoc IAccounts
    function reliabilityOf(address seller) external view returns (Ppm rate, uint32 trades) {
        TrackRecord memory record = _records[seller];
        return (_rate(record.promised, record.delivered), record.trades);
    }

    /// @dev Move points of the trader from free to held.
    /// Reverts if: less is free.
    function _hold(address trader, Points points) private {
        PackedWallet wallet = _wallets[trader];
        _requireFree(trader, wallet, points);
        _wallets[trader] = wallet.hold(_narrow(points));
    }

    /// @dev Take `held` from what the trader holds, and give `free` of it back.
    function _unhold(address trader, Points held, Points free) private {
        _wallets[trader] = _wallets[trader].unhold(_narrow(held), _narrow(free));
    }

    /// @dev Delivered energy of promised energy.
    function _rate(Wh promised, Wh delivered) private pure returns (Ppm) {
        if (Wh.unwrap(promised) == 0) return Ppm.wrap(ONE_PPM);
        return Ppm.wrap(uint32((uint256(Wh.unwrap(delivered)) * ONE_PPM) / Wh.unwrap(promised)));
    }

    function _requireFree(address trader, PackedWallet wallet, Points needed) private pure {
        uint96 have = wallet.free();
        require(have >= Points.unwrap(needed), Accounts_InsufficientBalance(trader, Points.wrap(have), needed));
    }

    /// @dev Points of a wallet. Cannot be cut: each amount here is part of all claims, which fit (`_deposit`), or was
    /// compared with a balance.
    function _narrow(Points points) private pure returns (uint96) {
        return uint96(Points.unwrap(points));
    }
}
