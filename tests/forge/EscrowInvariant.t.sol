// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IClearing} from "../../interfaces/IClearing.sol";
import {IEscrowWallets} from "../../interfaces/IEscrowWallets.sol";
import {IOrderBook} from "../../interfaces/IOrderBook.sol";
import {Satisfaction} from "../../contracts/market/libraries/Satisfaction.sol";
import {Market} from "../../contracts/types/Markets.sol";
import {PackedOrder, orderIdAt} from "../../contracts/types/Orders.sol";
import {Reading} from "../../contracts/types/Readings.sol";
import {Trade, TradePosition} from "../../contracts/types/Trades.sol";
import {Points, Ppm, Price, Wh} from "../../contracts/types/Units.sol";
import {MarketSystem} from "./MarketSystem.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev Markets with any number of buyers and one seller each, so that the best matching is the best pair and
/// the next best score the seller's dual price. Every order is a batch of its own, so that proofs are empty.
/// The ghost keeps what every trader holds and what every market has locked.
contract EscrowHandler is MarketSystem {
    uint256 public constant TRADERS = 3;
    uint40 private constant WINDOW = 10 minutes;
    uint256 private constant SELL = 1 << 200;
    uint256 private constant NO_ORDER = type(uint256).max;

    enum Stage {
        Open,
        Final,
        Ended
    }

    struct Round {
        bytes32 id;
        uint40 slotStart;
        uint40 closesAt;
        uint40 finalBy;
        uint40 refundFrom;
        Stage stage;
        PackedOrder[] orders;
        bool[] gone;
        uint256 seller;
        uint256 buyer;
        Trade[] trades;
    }

    address[] public traders;
    uint32[] private _devices;
    Round[] private _rounds;
    mapping(address trader => uint256) public heldGhost;
    mapping(uint256 round => uint256) public lockedGhost;
    mapping(uint32 device => uint64) private _exportCounter;
    uint32 private _nonce;
    uint40 private _nextSlot;
    /// @dev How often each kind of end was reached.
    uint256 public settled;
    uint256 public refunded;
    uint256 public released;
    uint256 public cancelled;

    constructor() {
        deploySystem();
        _nextSlot = uint40(block.timestamp) + SLOT;
        for (uint256 i = 0; i < TRADERS; ++i) {
            (address trader, uint32 device) = join(0x1000 + 2 * i);
            traders.push(trader);
            _devices.push(device);
            endow(trader, 1e12);
        }
    }

    function roundCount() external view returns (uint256) {
        return _rounds.length;
    }

    function balances() external view returns (uint256 tokens, uint256 claims, uint256 wallets) {
        (tokens, claims) = (points.balanceOf(address(escrow)), Points.unwrap(escrow.totalClaims()));
        for (uint256 i = 0; i < TRADERS; ++i) {
            IEscrowWallets.Wallet memory wallet = escrow.walletOf(traders[i]);
            wallets += Points.unwrap(wallet.free) + Points.unwrap(wallet.held);
        }
    }

    function heldOf(address trader) external view returns (uint256) {
        return Points.unwrap(escrow.heldOf(trader));
    }

    function lockedIn(uint256 round) external view returns (uint256) {
        return Points.unwrap(escrow.lockedIn(_rounds[round].id));
    }

    function deposit(uint256 who, uint256 upoints) external {
        endow(traders[who % TRADERS], uint128(fold(upoints, 1, 1e12)));
    }

    function withdraw(uint256 who, uint256 upoints) external {
        address trader = traders[who % TRADERS];
        uint256 free = Points.unwrap(escrow.walletOf(trader).free);
        if (free == 0) return;
        vm.prank(trader);
        escrow.withdraw(Points.wrap(uint128(fold(upoints, 1, free))), trader);
    }

    /// Open a market in which one trader sells and two buy; others may follow.
    function openWithOrders(uint256 times, uint32 tolerance, uint32 penalty, uint256 random) external {
        open(times, tolerance, penalty);
        uint256 r = _rounds.length - 1;
        sell(r, random, random >> 16, random >> 48, random >> 80);
        buy(r, random >> 8, random >> 112, random >> 144);
        buy(r, random >> 12, random >> 176, random >> 208);
    }

    function open(uint256 times, uint32 tolerance, uint32 penalty) public {
        if (_nextSlot < block.timestamp + SLOT) _nextSlot = uint40(block.timestamp / SLOT + 2) * SLOT;
        Market memory rules;
        rules.arbiter = auditor(0);
        rules.slotStart = _nextSlot;
        rules.closesAt = _nextSlot - uint40(fold(times, 0, WINDOW));
        rules.finalBy = rules.closesAt + uint40(fold(times >> 64, 1, 3 * SLOT));
        uint40 settled = (rules.finalBy > _nextSlot + SLOT ? rules.finalBy : _nextSlot + SLOT) + SLOT;
        rules.refundFrom = settled + uint40(fold(times >> 128, WINDOW, 2 * SLOT));
        rules.tolerance = Ppm.wrap(uint32(fold(tolerance, 0, 1e6)));
        rules.penalty = Ppm.wrap(uint32(fold(penalty, 0, 1e6)));
        _nextSlot += SLOT;
        vm.prank(traders[0]);
        Round storage round = _rounds.push();
        round.id = book.openMarket(rules, new string[](0), new string[](0));
        (round.slotStart, round.closesAt) = (rules.slotStart, rules.closesAt);
        (round.finalBy, round.refundFrom) = (rules.finalBy, rules.refundFrom);
        (round.seller, round.buyer) = (NO_ORDER, NO_ORDER);
    }

    function buy(uint256 which, uint256 who, uint256 energy, uint256 bid) public {
        (bool found, uint256 r) = _pick(which);
        address trader = traders[who % TRADERS];
        uint256 free = Points.unwrap(escrow.walletOf(trader).free);
        if (!found || block.timestamp >= _rounds[r].closesAt) return;
        (energy, bid) = (fold(energy, 1, 2 * CAPACITY), fold(bid, 1, 1e6));
        if (energy * bid / 1000 > free) return;
        _place(_rounds[r], trader, energy, bid, 0);
        heldGhost[trader] += energy * bid / 1000;
    }

    function sell(uint256 which, uint256 who, uint256 energy, uint256 ask, uint256 least) public {
        (bool found, uint256 r) = _pick(which);
        if (!found || block.timestamp >= _rounds[r].closesAt || _rounds[r].seller != NO_ORDER) return;
        (energy, ask) = (fold(energy, 1, CAPACITY), fold(ask, 1, 1e6));
        uint256 terms = SELL | (fold(least, 0, ask) << 168) | (uint256(_devices[who % TRADERS]) << 72);
        _rounds[r].seller = _rounds[r].orders.length;
        _place(_rounds[r], traders[who % TRADERS], energy, ask, terms);
    }

    function cancel(uint256 which, uint256 order) external {
        (bool found, uint256 r) = _pick(which);
        if (!found || block.timestamp >= _rounds[r].closesAt || _rounds[r].orders.length == 0) return;
        Round storage round = _rounds[r];
        order = fold(order, 0, round.orders.length - 1);
        if (round.gone[order]) return;
        vm.prank(_traderOf(round.orders[order]));
        book.cancel(round.id, _placed(round, order));
        if (order == round.seller) round.seller = NO_ORDER;
        _forget(round, order);
        ++cancelled;
    }

    /// Close the gate, propose the best pair, prove it.
    function clear(uint256 which) external {
        (bool found, uint256 r) = _pick(which);
        if (!found || _rounds[r].stage != Stage.Open || block.timestamp > _rounds[r].finalBy) return;
        Round storage round = _rounds[r];
        _warpTo(round.closesAt);
        (uint256 best, uint256 score, uint256 next) = _bestBuyer(round);
        IClearing.Claim[] memory claims = new IClearing.Claim[](best == NO_ORDER ? 0 : 1);
        if (best != NO_ORDER) {
            claims[0] = IClearing.Claim(
                _placed(round, best), _placed(round, round.seller), Ppm.wrap(uint32(score - next))
            );
        }
        uint64 proposal = clearing.propose(round.id, claims);
        Trade[][] memory trades = new Trade[][](claims.length);
        if (best != NO_ORDER) {
            round.trades.push(_tradeOf(round, best, score, next));
            trades[0] = round.trades;
            lockedGhost[r] = _reservationOf(round.orders[best]);
        }
        PackedOrder[][] memory orders = new PackedOrder[][](round.orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            orders[i] = new PackedOrder[](1);
            orders[i][0] = round.orders[i];
        }
        clearing.prove(proposal, orders, trades, type(uint256).max);
        (round.stage, round.buyer) = (Stage.Final, best);
    }

    /// Pay by the meter, unless the device has reported a later slot already.
    function settle(uint256 which, uint256 exported) external {
        (bool found, uint256 r) = _pick(which);
        if (!found || _rounds[r].trades.length == 0 || _rounds[r].stage != Stage.Final) return;
        Round storage round = _rounds[r];
        uint32 device = round.trades[0].device;
        (uint40 last,,) = metering.last(device);
        if (last >= round.slotStart) return;
        _warpTo(round.slotStart + SLOT);
        exported = fold(exported, 0, CAPACITY);
        _exportCounter[device] += uint64(exported);
        Reading memory reading = Reading(
            device, round.slotStart, Wh.wrap(uint64(exported)), Wh.wrap(0), Wh.wrap(_exportCounter[device]), Wh.wrap(0)
        );
        IEscrowWallets.Delivery[] memory deliveries = new IEscrowWallets.Delivery[](1);
        uint64 batch = report(0x1000 + 2 * (device - 1) + 1, single(reading));
        deliveries[0] = IEscrowWallets.Delivery(_proof(round), reading, proofOfSingle(batch));
        escrow.settle(round.id, deliveries);
        _end(r);
        ++settled;
    }

    function refund(uint256 which) external {
        (bool found, uint256 r) = _pick(which);
        if (found) _refund(r);
    }

    function release(uint256 which) external {
        (bool found, uint256 r) = _pick(which);
        if (found && _rounds[r].stage != Stage.Open) _release(r);
    }

    /// Liveness (MON-2): when all times are over, everyone gets everything out and nobody's help is needed.
    function drain() external {
        for (uint256 r = 0; r < _rounds.length; ++r) {
            _warpTo(_rounds[r].finalBy + 1);
            _release(r);
            _refund(r);
        }
        for (uint256 i = 0; i < TRADERS; ++i) {
            IEscrowWallets.Wallet memory wallet = escrow.walletOf(traders[i]);
            assertEq(Points.unwrap(wallet.held), 0, "MON-2: nothing may stay held");
            if (Points.unwrap(wallet.free) == 0) continue;
            vm.prank(traders[i]);
            escrow.withdraw(wallet.free, traders[i]);
        }
        assertEq(points.balanceOf(address(escrow)), 0, "MON-2: everything must come out");
    }

    function _release(uint256 r) private {
        Round storage round = _rounds[r];
        if (round.stage == Stage.Open && block.timestamp <= round.finalBy) return;
        for (uint256 i = 0; i < round.orders.length; ++i) {
            bool traded = round.buyer != NO_ORDER && (i == round.buyer || i == round.seller);
            if (round.gone[i] || traded) continue;
            IOrderBook.Placed[] memory placed = new IOrderBook.Placed[](1);
            placed[0] = _placed(round, i);
            book.release(round.id, placed);
            _forget(round, i);
            ++released;
        }
    }

    function _refund(uint256 r) private {
        Round storage round = _rounds[r];
        if (round.trades.length == 0 || round.stage != Stage.Final) return;
        _warpTo(round.refundFrom);
        IEscrowWallets.TradeProof[] memory proofs = new IEscrowWallets.TradeProof[](1);
        proofs[0] = _proof(round);
        escrow.refund(round.id, proofs);
        _end(r);
        ++refunded;
    }

    /// @dev A trade has ended: nothing of it is held or locked any more.
    function _end(uint256 r) private {
        Round storage round = _rounds[r];
        heldGhost[round.trades[0].buyer] -= lockedGhost[r];
        lockedGhost[r] = 0;
        round.stage = Stage.Ended;
    }

    /// @dev An order is closed without a trade.
    function _forget(Round storage round, uint256 order) private {
        round.gone[order] = true;
        PackedOrder memory gone = round.orders[order];
        if (gone.terms & SELL == 0) heldGhost[_traderOf(gone)] -= _reservationOf(gone);
    }

    function _place(Round storage round, address trader, uint256 energy, uint256 price, uint256 terms) private {
        PackedOrder memory order;
        order.head = (uint256(uint160(trader)) << 96) | (energy << 32) | price;
        order.terms = terms | (uint256(++_nonce) << 40) | type(uint40).max;
        vm.prank(trader);
        uint256 batch = book.place(round.id, order).batchOf();
        assertEq(batch, round.orders.length, "each order must be a batch of its own");
        round.orders.push(order);
        round.gone.push(false);
    }

    /// @dev The buyer with the highest score, the score, and the next highest.
    function _bestBuyer(Round storage round) private view returns (uint256 best, uint256 score, uint256 next) {
        best = NO_ORDER;
        if (round.seller == NO_ORDER) return (best, 0, 0);
        Satisfaction.Schema memory none;
        for (uint256 i = 0; i < round.orders.length; ++i) {
            if (round.gone[i] || i == round.seller) continue;
            (bool eligible,, uint256 g) = Satisfaction.score(round.orders[i], round.orders[round.seller], none);
            if (!eligible) continue;
            if (best == NO_ORDER || g > score) {
                if (best != NO_ORDER) next = score;
                (best, score) = (i, g);
            } else if (g > next) {
                next = g;
            }
        }
    }

    function _tradeOf(Round storage round, uint256 buyer, uint256 score, uint256 next)
        private
        view
        returns (Trade memory trade)
    {
        (PackedOrder memory bought, PackedOrder memory sold) = (round.orders[buyer], round.orders[round.seller]);
        trade.buyId = orderIdAt(buyer, 0);
        trade.sellId = orderIdAt(round.seller, 0);
        (trade.buyer, trade.seller) = (_traderOf(bought), _traderOf(sold));
        trade.device = uint32(sold.terms >> 72);
        (uint64 wanted, uint64 offered) = (uint64(bought.head >> 32), uint64(sold.head >> 32));
        trade.energy = Wh.wrap(wanted < offered ? wanted : offered);
        trade.price = Price.wrap(uint32(bought.head));
        trade.reserved = Points.wrap(uint128(_reservationOf(bought)));
        trade.buyerDual = Ppm.wrap(uint32(score - next));
        trade.sellerDual = Ppm.wrap(uint32(next));
    }

    function _placed(Round storage round, uint256 order) private view returns (IOrderBook.Placed memory) {
        return IOrderBook.Placed(orderIdAt(order, 0), round.orders[order], new bytes32[](0));
    }

    function _proof(Round storage round) private view returns (IEscrowWallets.TradeProof memory) {
        return IEscrowWallets.TradeProof(round.trades[0], TradePosition(0, 0), new bytes32[](0));
    }

    function _traderOf(PackedOrder memory order) private pure returns (address) {
        return address(uint160(order.head >> 96));
    }

    /// @dev energy · bid / 1000.
    function _reservationOf(PackedOrder memory order) private pure returns (uint256) {
        return uint256(uint64(order.head >> 32)) * uint32(order.head) / 1000;
    }

    /// @dev One of the last three rounds.
    function _pick(uint256 which) private view returns (bool found, uint256 r) {
        uint256 count = _rounds.length;
        return count == 0 ? (false, 0) : (true, count - 1 - which % (count < 3 ? count : 3));
    }

    function _warpTo(uint256 time) private {
        if (time > block.timestamp) vm.warp(time);
    }
}

contract EscrowInvariantTest is ForgeTest {
    /// @dev How Forge is told of functions.
    struct FuzzSelector {
        address target;
        bytes4[] selectors;
    }

    EscrowHandler private handler;

    function setUp() public {
        handler = new EscrowHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function excludeSelectors() external view returns (FuzzSelector[] memory excluded) {
        excluded = new FuzzSelector[](1);
        excluded[0] = FuzzSelector(address(handler), new bytes4[](1));
        excluded[0].selectors[0] = handler.drain.selector;
    }

    /// After each run.
    function afterInvariant() external {
        handler.drain();
    }

    function invariant_tokensEqualTheSumOfAllClaims() external view {
        (uint256 tokens, uint256 claims, uint256 wallets) = handler.balances();
        assertEq(tokens, claims, "MON-1: the token balance must equal the sum of all claims");
        assertEq(wallets, claims, "MON-1: free and held points must make up the claims");
    }

    function invariant_heldIsWhatOrdersAndTradesReserve() external view {
        for (uint256 i = 0; i < handler.TRADERS(); ++i) {
            address trader = handler.traders(i);
            assertEq(handler.heldOf(trader), handler.heldGhost(trader), "held points must be those of live orders");
        }
        for (uint256 r = 0; r < handler.roundCount(); ++r) {
            assertEq(handler.lockedIn(r), handler.lockedGhost(r), "locked points must be those of unsettled trades");
        }
    }

    /// Every way for money to go is open to the machine.
    function test_handlerReachesEveryEnd() external {
        for (uint256 r = 0; r < 3; ++r) {
            handler.open(5 minutes | (uint256(2 hours) << 64), 100_000, 200_000);
            handler.sell(0, 2, 1_500, 100_000, 50_000);
            handler.buy(0, 0, 1_000, 90_000);
            handler.buy(0, 1, 2_000, 95_000);
        }
        handler.cancel(0, 1);
        handler.clear(2);
        handler.settle(2, 700);
        handler.clear(1);
        handler.release(1);
        handler.refund(1);
        handler.drain();
        assertEq(handler.settled(), 1, "a trade must be settled");
        assertTrue(handler.refunded() != 0, "a trade must be refunded");
        assertTrue(handler.released() != 0, "an order must be released");
        assertEq(handler.cancelled(), 1, "an order must be cancelled");
    }
}
