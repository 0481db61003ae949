// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IClearing} from "../../interfaces/clearing/IClearing.sol";
import {ISettlement} from "../../interfaces/settlement/ISettlement.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {IOrderBook} from "../../interfaces/market/IOrderBook.sol";
import {Satisfaction} from "../../contracts/clearing/mechanisms/satisfaction/Satisfaction.sol";
import {Market} from "../../contracts/types/Markets.sol";
import {PERSON_SHIFT, PackedOrder, orderIdAt} from "../../contracts/types/Orders.sol";
import {PackedReading} from "../../contracts/types/Readings.sol";
import {PackedTrade, TradeFields, TradePosition} from "../../contracts/types/Trades.sol";
import {Points, Ppm, Wh} from "../../contracts/types/Units.sol";
import {MarketSystem} from "./MarketSystem.sol";

/// @dev Markets with any number of buyers and one seller each, so that the best matching is the best pair and
/// the next best score the seller's dual price. Every order is a batch of its own, so that proofs are empty. Traders are
/// the agents, honest or not, with bonds from the wallets that they trade with.
/// The ghost keeps what every trader holds, what every market has locked, and what was burnt.
contract AccountsHandler is MarketSystem {
    using TradeFields for PackedTrade;

    uint256 public constant TRADERS = 3;
    /// @dev Odd, so that an eighth of it is rounded. Micro-points.
    uint256 public constant BOND = 1_000_001;
    uint40 private constant WINDOW = 10 minutes;
    uint256 private constant SELL = 1 << 200;
    uint256 private constant NO_ORDER = type(uint256).max;

    enum Stage {
        Open,
        Final,
        Ended
    }

    /// @dev A proposal, of one trade or, without a buyer, of none.
    struct Offer {
        uint64 id;
        address agent;
        uint256 buyer;
        uint256 objective;
        bool isExact;
        uint256 finalFrom;
        PackedTrade trade;
    }

    struct Round {
        bytes32 id;
        uint40 slotStart;
        uint40 closesAt;
        uint40 finalBy;
        uint40 latestMoment;
        uint40 refundFrom;
        uint256 extensions;
        Stage stage;
        PackedOrder[] orders;
        bool[] gone;
        uint256 seller;
        /// The proposal that stands, then the final one; id 0 if there is none.
        Offer offer;
    }

    address[] public traders;
    uint32[] private _devices;
    Round[] private _rounds;
    mapping(address trader => uint256) public heldGhost;
    mapping(uint256 round => uint256) public lockedGhost;
    /// @dev Micro-points minted and burnt.
    uint256 public mintedGhost;
    uint256 public burntGhost;
    mapping(uint32 device => uint64) private _exportCounter;
    uint32 private _nonce;
    uint40 private _nextSlot;
    /// @dev How often each rule was reached.
    uint256 public settled;
    uint256 public refunded;
    uint256 public released;
    uint256 public rests;
    uint256 public cancelled;
    uint256 public stood;
    uint256 public outranked;
    uint256 public refuted;
    uint256 public finalized;
    uint256 public refusals;

    constructor() {
        deploySystem();
        _nextSlot = uint40(block.timestamp) + SLOT;
        for (uint256 i = 0; i < TRADERS; ++i) {
            (address trader, uint32 device) = join(0x1000 + 2 * i);
            traders.push(trader);
            _devices.push(device);
            _endow(trader, 1e12);
        }
    }

    function roundCount() external view returns (uint256) {
        return _rounds.length;
    }

    function balances() external view returns (uint256 tokens, uint256 claims, uint256 wallets, uint256 supply) {
        (tokens, claims) = (points.balanceOf(address(accounts)), Points.unwrap(accounts.totalCredits()));
        supply = points.totalSupply();
        for (uint256 i = 0; i < TRADERS; ++i) {
            IAccounts.Wallet memory wallet = accounts.walletOf(traders[i]);
            wallets += uint256(wallet.free) + wallet.held;
        }
    }

    function heldOf(address trader) external view returns (uint256) {
        return Points.unwrap(accounts.heldOf(trader));
    }

    function lockedIn(uint256 round) external view returns (uint256) {
        Round storage it = _rounds[round];
        bool isFinal = clearing.finalOf(it.id) != 0 && it.offer.buyer != NO_ORDER;
        return
            isFinal && !settlement.isSettled(it.id, TradePosition(0, 0)) ? Points.unwrap(it.offer.trade.reserved()) : 0;
    }

    function deposit(uint256 who, uint256 upoints) external {
        _endow(traders[who % TRADERS], uint128(fold(upoints, 1, 1e12)));
    }

    function withdraw(uint256 who, uint256 upoints) external {
        address trader = traders[who % TRADERS];
        uint256 free = accounts.walletOf(trader).free;
        if (free == 0) return;
        vm.prank(trader);
        accounts.withdraw(Points.wrap(uint128(fold(upoints, 1, free))), trader);
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
        (rules.slotStart, rules.slotLength, rules.underuse) = (_nextSlot, uint32(SLOT), Ppm.wrap(1e6));
        rules.closesAt = _nextSlot - uint40(fold(times, 0, WINDOW));
        rules.finalBy = rules.closesAt + uint40(fold(times >> 64, 1, 3 * SLOT));
        uint40 lastFinal = rules.finalBy + 5 * WINDOW;
        uint40 over = (lastFinal > _nextSlot + SLOT ? lastFinal : _nextSlot + SLOT) + SLOT;
        rules.refundFrom = over + uint40(fold(times >> 128, 2 * SLOT, 3 * SLOT));
        rules.tolerance = Ppm.wrap(uint32(fold(tolerance, 0, 1e6)));
        rules.penalty = Ppm.wrap(uint32(fold(penalty, 0, 1e6)));
        (rules.challengeWindow, rules.bond, rules.challengeCost) = (uint32(WINDOW), uint64(BOND), uint64(BOND) / 16);
        (rules.leastEnergy, rules.leastReservation) = (Wh.wrap(1), 1);
        _nextSlot += SLOT;
        vm.prank(traders[0]);
        Round storage round = _rounds.push();
        round.id = markets.openMarket(rules, new string[](0), new string[](0));
        (round.slotStart, round.closesAt) = (rules.slotStart, rules.closesAt);
        (round.finalBy, round.refundFrom) = (rules.finalBy, rules.refundFrom);
        round.latestMoment = rules.finalBy + 4 * WINDOW;
        (round.seller, round.offer.buyer) = (NO_ORDER, NO_ORDER);
    }

    function buy(uint256 which, uint256 who, uint256 energy, uint256 bid) public {
        (bool found, uint256 r) = _pick(which);
        address trader = traders[who % TRADERS];
        if (!found || block.timestamp >= _rounds[r].closesAt) return;
        (energy, bid) = (fold(energy, 1, 2 * CAPACITY), fold(bid, 1, 1e6));
        if (energy * bid < 1000 || energy * bid / 1000 > accounts.walletOf(trader).free) return;
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

    /// Close the gate, propose the best pair, prove it. A proposal that stands gives way.
    function clear(uint256 which, uint256 who) external {
        (bool found, uint256 r) = _pick(which);
        if (!found || _rounds[r].stage != Stage.Open || block.timestamp > _rounds[r].finalBy) return;
        Round storage round = _rounds[r];
        _warpTo(round.closesAt);
        (uint256 best,,) = _bestBuyer(round);
        Offer memory made = _propose(round, traders[who % TRADERS], best, 0);
        PackedTrade[][] memory trades = new PackedTrade[][](best == NO_ORDER ? 0 : 1);
        if (best != NO_ORDER) trades[0] = _chunkOf(made);
        PackedOrder[][] memory orders = new PackedOrder[][](round.orders.length);
        for (uint256 i = 0; i < orders.length; ++i) {
            orders[i] = new PackedOrder[](1);
            orders[i][0] = round.orders[i];
        }
        IClearing.Part memory whole = IClearing.Part(clearing.tradesHash(made.id), 0, type(uint256).max);
        vm.prank(made.agent);
        clearing.prove(made.id, orders, trades, whole, "");
        if (round.offer.id != 0) _unseat(round, made.objective);
        round.offer = made;
        _makeFinal(r);
    }

    /// Propose a pair, the best or not, with a certificate or without, and seal it.
    function seal(uint256 which, uint256 who, uint256 choice, bool isExact) external {
        (bool found, uint256 r) = _pick(which);
        if (!found || _rounds[r].stage != Stage.Open || block.timestamp > _rounds[r].finalBy) return;
        Round storage round = _rounds[r];
        address agent = traders[who % TRADERS];
        if (accounts.walletOf(agent).free < BOND) return;
        _warpTo(round.closesAt);
        Offer memory made = _propose(round, agent, _anyBuyer(round, choice), isExact ? 0 : 1);
        Offer storage other = round.offer;
        bytes memory call = abi.encodeCall(
            clearing.seal,
            (
                made.id,
                IClearing.Support(new address[](0), new IClearing.Endorsement[](0)),
                new IClearing.Exhibit[](0),
                ""
            )
        );
        bool isBetter = other.id == 0 || made.objective > other.objective
            || (made.objective == other.objective && made.isExact && !other.isExact);
        if (!isBetter) return _mustFail(agent, call);
        _mustDo(agent, call);
        if (other.id != 0) _unseat(round, made.objective);
        heldGhost[agent] += BOND;
        made.finalFrom = block.timestamp + WINDOW;
        if (!made.isExact && made.finalFrom <= round.finalBy) made.finalFrom = round.finalBy + 1;
        round.offer = made;
        ++stood;
    }

    /// Show the best pair against what stands: it refutes a false proposal, and nothing else.
    function challenge(uint256 which, uint256 who) external {
        (bool found, uint256 r) = _pick(which);
        if (!found || _rounds[r].stage != Stage.Open || _rounds[r].offer.id == 0) return;
        Round storage round = _rounds[r];
        Offer storage offer = round.offer;
        (uint256 best, uint256 score,) = _bestBuyer(round);
        if (best == NO_ORDER) return;
        uint256 duals = 0;
        if (offer.buyer != NO_ORDER) duals = uint32(offer.trade.sale);
        if (offer.buyer == best) duals += uint32(offer.trade.purchase);
        address challenger = traders[who % TRADERS];
        IClearing.Exhibit[] memory shown = new IClearing.Exhibit[](2);
        shown[0] = _exhibit(round, best, offer.buyer == best);
        shown[1] = _exhibit(round, round.seller, offer.buyer != NO_ORDER);
        bytes memory call = abi.encodeCall(clearing.challenge, (offer.id, shown, ""));
        if (duals >= score) return _mustFail(challenger, call);
        _mustDo(challenger, call);
        _forfeit(offer.agent);
        _clearOffer(round);
        if (round.extensions == 2 || block.timestamp + WINDOW <= round.finalBy) return;
        if (block.timestamp + WINDOW > round.latestMoment) return;
        (round.finalBy, round.extensions) = (uint40(block.timestamp) + WINDOW, round.extensions + 1);
    }

    /// Make what stands final, once its window is over and not before.
    function finalize(uint256 which) external {
        (bool found, uint256 r) = _pick(which);
        if (!found || _rounds[r].stage != Stage.Open || _rounds[r].offer.id == 0) return;
        if (block.timestamp < _rounds[r].offer.finalFrom) {
            _mustFail(address(this), abi.encodeCall(clearing.finalize, (_rounds[r].offer.id)));
        }
        _finalize(r);
    }

    /// Pay by the meter, unless the device has reported a later slot already.
    function settle(uint256 which, uint256 exported, bool isLate) external {
        (bool found, uint256 r) = _pick(which);
        if (!found || _rounds[r].stage != Stage.Final || _rounds[r].offer.buyer == NO_ORDER) return;
        Round storage round = _rounds[r];
        uint32 device = uint32(round.offer.trade.terms >> 120);
        (uint40 last,,,,,) = metering.last(device);
        if (last >= round.slotStart) return;
        _warpTo(round.slotStart + SLOT);
        exported = fold(exported, 0, CAPACITY);
        _exportCounter[device] += uint64(exported);
        PackedReading memory reading =
            readingOf(device, round.slotStart, uint64(exported), 0, _exportCounter[device], 0);
        uint64 batch = report(0x1000 + 2 * (device - 1) + 1, single(reading));
        if (isLate) {
            ISettlement.Delivery[] memory deliveries = new ISettlement.Delivery[](1);
            deliveries[0] = ISettlement.Delivery(_proof(round), exportOf(reading, batch));
            settlement.settleLate(round.id, deliveries);
        } else {
            settlement.settle(round.id, 0, _chunkOf(round.offer));
        }
        _end(r);
        ++settled;
    }

    function refund(uint256 which) external {
        (bool found, uint256 r) = _pick(which);
        if (found) _refund(r);
    }

    function release(uint256 which) external {
        (bool found, uint256 r) = _pick(which);
        if (found) _release(r);
    }

    /// Liveness (MON-2): when all times are over, everyone gets everything out and nobody's help is needed.
    function drain() external {
        for (uint256 r = 0; r < _rounds.length; ++r) {
            _warpTo(_rounds[r].finalBy + 1);
            if (_rounds[r].stage == Stage.Open && _rounds[r].offer.id != 0) _finalize(r);
            _release(r);
            _refund(r);
        }
        for (uint256 i = 0; i < TRADERS; ++i) {
            IAccounts.Wallet memory wallet = accounts.walletOf(traders[i]);
            assertEq(wallet.held, 0, "MON-2: nothing may stay held");
            if (wallet.free == 0) continue;
            vm.prank(traders[i]);
            accounts.withdraw(Points.wrap(wallet.free), traders[i]);
        }
        assertEq(points.balanceOf(address(accounts)), 0, "MON-2: everything must come out");
    }

    function _endow(address trader, uint128 upoints) private {
        endow(trader, upoints);
        mintedGhost += upoints;
    }

    /// @dev A draft of the trade with `buyer`, the seller's dual price being the next best score; `slack` ppm
    /// above a certificate.
    function _propose(Round storage round, address agent, uint256 buyer, uint256 slack)
        private
        returns (Offer memory made)
    {
        (,, uint256 next) = _bestBuyer(round);
        IClearing.PricedOrder[] memory orders = new IClearing.PricedOrder[](buyer == NO_ORDER ? 0 : 2);
        IClearing.Link[] memory links = new IClearing.Link[](orders.length / 2);
        (made.agent, made.buyer, made.isExact) = (agent, buyer, slack == 0 || buyer == NO_ORDER);
        if (buyer != NO_ORDER) {
            uint256 score = _scoreOf(round, buyer);
            made.objective = score;
            uint256 sellerDual = next < score ? next : score;
            made.trade = _tradeOf(round, buyer, score - sellerDual + slack, sellerDual);
            Ppm buyerDual = Ppm.wrap(uint32(score - sellerDual + slack));
            orders[0] = IClearing.PricedOrder(_placed(round, buyer), buyerDual, false, Wh.wrap(0));
            orders[1] =
                IClearing.PricedOrder(_placed(round, round.seller), Ppm.wrap(uint32(sellerDual)), false, Wh.wrap(0));
            links[0] = IClearing.Link(0, 1, Wh.wrap(_soldOf(round, buyer)));
        }
        vm.prank(agent);
        made.id = clearing.propose(round.id, orders, links, "");
    }

    /// @dev What stands gives way to an objective: it is outranked, or refuted if it was said to be the best.
    function _unseat(Round storage round, uint256 objective) private {
        Offer storage offer = round.offer;
        if (offer.isExact && objective > offer.objective) {
            _forfeit(offer.agent);
        } else {
            heldGhost[offer.agent] -= BOND;
            ++outranked;
        }
    }

    function _forfeit(address agent) private {
        heldGhost[agent] -= BOND;
        burntGhost += BOND - 2 * (BOND / 8);
        ++refuted;
    }

    function _clearOffer(Round storage round) private {
        delete round.offer;
        round.offer.buyer = NO_ORDER;
    }

    function _finalize(uint256 r) private {
        Offer storage offer = _rounds[r].offer;
        _warpTo(offer.finalFrom);
        clearing.finalize(offer.id);
        heldGhost[offer.agent] -= BOND;
        _makeFinal(r);
        ++finalized;
    }

    function _makeFinal(uint256 r) private {
        Round storage round = _rounds[r];
        round.stage = Stage.Final;
        if (round.offer.buyer != NO_ORDER) lockedGhost[r] = _valueOf(round, round.offer.buyer);
    }

    function _release(uint256 r) private {
        Round storage round = _rounds[r];
        bool isBound = round.stage == Stage.Open && (block.timestamp <= round.finalBy || round.offer.id != 0);
        for (uint256 i = 0; i < round.orders.length; ++i) {
            if (round.gone[i]) continue;
            bool isTraded = round.offer.buyer != NO_ORDER && (i == round.offer.buyer || i == round.seller);
            IOrderBook.Placed[] memory placed = new IOrderBook.Placed[](1);
            placed[0] = _placed(round, i);
            ISettlement.TradeProof[] memory proofs = new ISettlement.TradeProof[](1);
            if (isTraded) proofs[0] = _proof(round);
            bool isWhole = isTraded && uint64(round.orders[i].head >> 32) == _soldOf(round, round.offer.buyer);
            (bool done,) = address(releases).call(abi.encodeCall(releases.release, (round.id, placed, proofs)));
            assertTrue(done != (isBound || isWhole), "what is bound must not be released, the rest must");
            if (!done) {
                ++refusals;
                continue;
            }
            // The money of the trade stays held, or was refunded before.
            if (isTraded && i == round.offer.buyer) {
                heldGhost[_traderOf(round.orders[i])] += _valueOf(round, i);
                ++rests;
            }
            _forget(round, i);
            ++released;
        }
    }

    function _refund(uint256 r) private {
        Round storage round = _rounds[r];
        if (round.stage != Stage.Final || round.offer.buyer == NO_ORDER) return;
        _warpTo(round.refundFrom);
        ISettlement.TradeProof[] memory proofs = new ISettlement.TradeProof[](1);
        proofs[0] = _proof(round);
        settlement.refund(round.id, proofs);
        _end(r);
        ++refunded;
    }

    /// @dev A trade has ended: nothing of it is held or locked any more.
    function _end(uint256 r) private {
        Round storage round = _rounds[r];
        heldGhost[_traderOf(round.orders[round.offer.buyer])] -= lockedGhost[r];
        lockedGhost[r] = 0;
        round.stage = Stage.Ended;
    }

    /// @dev An order is closed; nothing of it is held any more.
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
        // What the book attests of the trader.
        order.terms |= uint256(book.PARTICIPANTS().participant(trader).person) << PERSON_SHIFT;
        round.orders.push(order);
        round.gone.push(false);
    }

    /// @dev A call to Clearing that must succeed.
    function _mustDo(address sender, bytes memory call) private {
        vm.prank(sender);
        (bool done,) = address(clearing).call(call);
        assertTrue(done, "this call must succeed");
    }

    /// @dev A call to Clearing that must fail.
    function _mustFail(address sender, bytes memory call) private {
        vm.prank(sender);
        (bool done,) = address(clearing).call(call);
        assertTrue(!done, "this call must fail");
        ++refusals;
    }

    /// @dev The buyer with the highest score, the score, and the next highest.
    function _bestBuyer(Round storage round) private view returns (uint256 best, uint256 score, uint256 next) {
        best = NO_ORDER;
        for (uint256 i = 0; i < round.orders.length; ++i) {
            if (!_isEligible(round, i)) continue;
            uint256 g = _scoreOf(round, i);
            if (best == NO_ORDER || g > score) {
                if (best != NO_ORDER) next = score;
                (best, score) = (i, g);
            } else if (g > next) {
                next = g;
            }
        }
    }

    /// @dev Any eligible buyer, or none.
    function _anyBuyer(Round storage round, uint256 choice) private view returns (uint256 buyer) {
        buyer = NO_ORDER;
        uint256 count = round.orders.length;
        for (uint256 i = 0; i < count; ++i) {
            uint256 order = addmod(choice, i, count);
            if (_isEligible(round, order)) return choice % 7 == 0 ? NO_ORDER : order;
        }
    }

    function _isEligible(Round storage round, uint256 order) private view returns (bool eligible) {
        if (round.seller == NO_ORDER || round.gone[order] || order == round.seller) return false;
        Satisfaction.Schema memory none;
        (eligible,,) = Satisfaction.score(round.orders[order], round.orders[round.seller], none);
    }

    function _scoreOf(Round storage round, uint256 buyer) private view returns (uint256 score) {
        Satisfaction.Schema memory none;
        (,, score) = Satisfaction.score(round.orders[buyer], round.orders[round.seller], none);
    }

    function _soldOf(Round storage round, uint256 buyer) private view returns (uint64) {
        (uint64 wanted, uint64 offered) =
            (uint64(round.orders[buyer].head >> 32), uint64(round.orders[round.seller].head >> 32));
        return wanted < offered ? wanted : offered;
    }

    function _tradeOf(Round storage round, uint256 buyer, uint256 buyerDual, uint256 sellerDual)
        private
        view
        returns (PackedTrade memory)
    {
        (PackedOrder memory bought, PackedOrder memory sold) = (round.orders[buyer], round.orders[round.seller]);
        uint256 ids = (buyer << 200) | (round.seller << 160);
        uint256 device = uint32(sold.terms >> 72);
        return PackedTrade({
            purchase: _party(bought, uint64(sold.head >> 32), buyerDual),
            sale: _party(sold, _soldOf(round, buyer), sellerDual),
            terms: ids | (device << 120) | (uint256(uint32(bought.head)) << 88) | _valueOf(round, buyer),
            context: sold.limits << 208
        });
    }

    function _party(PackedOrder memory order, uint64 energy, uint256 dual) private pure returns (uint256) {
        return (uint256(uint160(_traderOf(order))) << 96) | (uint256(energy) << 32) | dual;
    }

    function _placed(Round storage round, uint256 order) private view returns (IOrderBook.Placed memory) {
        return IOrderBook.Placed(orderIdAt(order, 0), round.orders[order], new bytes32[](0));
    }

    /// @dev An order as a challenge shows it, with the only trade if it trades.
    function _exhibit(Round storage round, uint256 order, bool isTraded)
        private
        view
        returns (IClearing.Exhibit memory shown)
    {
        shown.placed = _placed(round, order);
        if (!isTraded) return shown;
        shown.trade = round.offer.trade;
        shown.filled = Wh.wrap(uint64(shown.placed.order.head >> 32));
        shown.root = clearing.chunkRoot(round.offer.id, 0);
    }

    /// @dev The trade as a chunk.
    function _chunkOf(Offer memory offer) private pure returns (PackedTrade[] memory chunk) {
        chunk = new PackedTrade[](1);
        chunk[0] = offer.trade;
    }

    function _proof(Round storage round) private view returns (ISettlement.TradeProof memory) {
        return ISettlement.TradeProof(round.offer.trade, TradePosition(0, 0), new bytes32[](0));
    }

    function _traderOf(PackedOrder memory order) private pure returns (address) {
        return address(uint160(order.head >> 96));
    }

    /// @dev energy · bid / 1000.
    function _reservationOf(PackedOrder memory order) private pure returns (uint256) {
        return uint256(uint64(order.head >> 32)) * uint32(order.head) / 1000;
    }

    /// @dev What the trade of a buyer is worth at its bid.
    function _valueOf(Round storage round, uint256 buyer) private view returns (uint256) {
        return uint256(_soldOf(round, buyer)) * uint32(round.orders[buyer].head) / 1000;
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
