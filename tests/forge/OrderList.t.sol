// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IOrderBook} from "../../interfaces/market/IOrderBook.sol";
import {Answers, NO_ANSWERS, OrderList, OrderLists} from "../../contracts/market/libraries/OrderList.sol";
import {MAX_BATCH, PackedOrder} from "../../contracts/types/Orders.sol";
import {ForgeTest, Vm} from "./Vm.sol";

/// @dev Answers any call that takes orders with one word for each, made of the calldata to the last byte; refuses what
/// it is told to.
contract Oracle {
    error Refused(uint256 orders, bytes4 selector);

    bytes4 private immutable REFUSED;

    constructor(bytes4 refused) {
        REFUSED = refused;
    }

    fallback(bytes calldata data) external returns (bytes memory) {
        uint256 count = (data.length - 68) / 160;
        if (msg.sig == REFUSED) revert Refused(count, msg.sig);
        return abi.encode(wordsOf(data, count));
    }

    function wordsOf(bytes memory data, uint256 count) public pure returns (uint256[] memory words) {
        words = new uint256[](count);
        bytes32 hash = keccak256(data);
        for (uint256 i = 0; i < count; ++i) {
            words[i] = uint256(keccak256(abi.encode(hash, i)));
        }
    }
}

contract OrderListTest is ForgeTest {
    bytes4 private constant REFUSED = 0xdeadbeef;
    uint256 private constant ORDER_SIZE = 160;

    Oracle private oracle = new Oracle(REFUSED);

    function testFuzz_holdsTheOrdersOfTheCall(uint256 seed, uint256 count) public view {
        PackedOrder[] memory orders = _orders(seed, count);
        PackedOrder[] memory copies = this.copy(orders);
        assertEq(keccak256(abi.encode(copies)), keccak256(abi.encode(orders)), "the copy must be the orders");
        PackedOrder[] memory first = new PackedOrder[](1);
        first[0] = orders[0];
        assertEq(keccak256(abi.encode(this.copyOne(orders[0]))), keccak256(abi.encode(first)), "one order makes a list");
    }

    function testFuzz_leafIsTheHashOfIndexAndOrder(uint256 seed, uint256 count, uint256 index) public view {
        PackedOrder[] memory orders = _orders(seed, count);
        index = fold(index, 0, orders.length - 1);
        assertEq(this.leafAt(orders, index), keccak256(abi.encode(index, orders[index])), "the leaf of an order");
    }

    function test_everyLeafOfTheLargestBatch() public view {
        PackedOrder[] memory orders = _orders(1, MAX_BATCH - 1);
        assertEq(orders.length, MAX_BATCH, "the largest batch");
        bytes32[] memory found = this.leaves(orders);
        for (uint256 i = 0; i < orders.length; ++i) {
            assertEq(found[i], keccak256(abi.encode(i, orders[i])), "the leaf of an order");
        }
    }

    function testFuzz_asksWithTheOrdersAndNothingElse(uint256 seed, uint256 count, bytes4 selector) public {
        vm.assume(selector != REFUSED && selector != Oracle.wordsOf.selector);
        PackedOrder[] memory orders = _orders(seed, count);
        bytes memory data = abi.encodeWithSelector(selector, orders);
        uint256[] memory expected = oracle.wordsOf(data, orders.length);
        uint256[] memory words = this.ask(orders, address(oracle), selector);
        assertEq(keccak256(abi.encode(words)), keccak256(abi.encode(expected)), "the answer to exactly this call");
    }

    function testFuzz_asksWithAWordAndTheOrders(uint256 seed, uint256 count, bytes4 selector, uint256 word) public {
        vm.assume(selector != REFUSED && selector != Oracle.wordsOf.selector);
        PackedOrder[] memory orders = _orders(seed, count);
        bytes memory data = abi.encodeWithSelector(selector, word, orders);
        uint256[] memory expected = oracle.wordsOf(data, orders.length);
        uint256[] memory words = this.askWith(orders, address(oracle), selector, word);
        assertEq(keccak256(abi.encode(words)), keccak256(abi.encode(expected)), "the answer to exactly this call");
    }

    function test_nobodyWasAsked() public pure {
        assertTrue(NO_ANSWERS.isNone(), "there are no answers yet");
    }

    function testFuzz_passesARefusalOn(uint256 seed, uint256 count) public {
        PackedOrder[] memory orders = _orders(seed, count);
        vm.expectRevert(abi.encodeWithSelector(Oracle.Refused.selector, orders.length, REFUSED));
        this.ask(orders, address(oracle), REFUSED);
    }

    function testFuzz_logsWhatEmitWould(uint256 seed, uint256 count, bytes32 market, uint32 batch, address carrier)
        public
    {
        PackedOrder[] memory orders = _orders(seed, count);
        vm.recordLogs();
        this.log(orders, market, batch, carrier);
        emit IOrderBook.OrdersPlaced(market, batch, carrier, orders);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(logs.length, 2, "one event each");
        assertEq(
            keccak256(abi.encode(logs[0])), keccak256(abi.encode(logs[1])), "topics, data and emitter must be equal"
        );
    }

    /// All of it in the order in which the order book does it, for every size: no step spoils what the next one reads.
    function test_oneStepAfterTheOther() public {
        for (uint256 count = 1; count <= MAX_BATCH; count += count < 4 || count > 252 ? 1 : 31) {
            PackedOrder[] memory orders = _orders(count, count - 1);
            uint256[] memory expected = oracle.wordsOf(abi.encodeWithSelector(0x01020304, 77, orders), count);
            vm.recordLogs();
            (uint256[] memory words, bytes32[] memory leaves_) = this.post(orders, address(oracle));
            emit IOrderBook.OrdersPlaced("market", 7, address(oracle), orders);
            Vm.Log[] memory logs = vm.getRecordedLogs();
            assertEq(keccak256(abi.encode(words)), keccak256(abi.encode(expected)), "the second answer");
            assertEq(keccak256(abi.encode(logs[0])), keccak256(abi.encode(logs[1])), "the event");
            for (uint256 i = 0; i < count; ++i) {
                assertEq(leaves_[i], keccak256(abi.encode(i, orders[i])), "the leaf of an order");
            }
        }
    }

    function copy(PackedOrder[] calldata orders) external pure returns (PackedOrder[] memory) {
        return _read(OrderLists.copy(orders));
    }

    function copyOne(PackedOrder calldata order) external pure returns (PackedOrder[] memory) {
        return _read(OrderLists.copyOne(order));
    }

    function leafAt(PackedOrder[] calldata orders, uint256 index) external pure returns (bytes32 leaf) {
        OrderList list = OrderLists.copy(orders);
        bytes32 before = _memoryOf(list);
        leaf = list.leafAt(index);
        assertEq(_memoryOf(list), before, "the list must be as it was");
    }

    function leaves(PackedOrder[] calldata orders) public pure returns (bytes32[] memory) {
        return _leaves(OrderLists.copy(orders));
    }

    function ask(PackedOrder[] calldata orders, address target, bytes4 selector)
        external
        returns (uint256[] memory words)
    {
        bytes memory below = abi.encode(keccak256("what stands below the list"));
        OrderList list = OrderLists.copy(orders);
        words = _words(list.ask(target, selector), orders.length);
        assertEq(keccak256(below), keccak256(abi.encode(keccak256("what stands below the list"))), "memory below stays");
        assertEq(keccak256(abi.encode(_read(list))), keccak256(abi.encode(orders)), "the orders stay");
    }

    function askWith(PackedOrder[] calldata orders, address target, bytes4 selector, uint256 word)
        external
        returns (uint256[] memory words)
    {
        bytes memory below = abi.encode(keccak256("what stands below the list"));
        OrderList list = OrderLists.copy(orders);
        words = _words(list.askWith(target, selector, word), orders.length);
        assertEq(keccak256(below), keccak256(abi.encode(keccak256("what stands below the list"))), "memory below stays");
        assertEq(keccak256(abi.encode(_read(list))), keccak256(abi.encode(orders)), "the orders stay");
    }

    function log(PackedOrder[] calldata orders, bytes32 market, uint32 batch, address carrier) external {
        OrderLists.copy(orders).log(IOrderBook.OrdersPlaced.selector, market, batch, carrier);
    }

    function post(PackedOrder[] calldata orders, address target)
        external
        returns (uint256[] memory words, bytes32[] memory leaves_)
    {
        OrderList list = OrderLists.copy(orders);
        Answers first = list.ask(target, 0xffffffff);
        uint256[] memory before = _words(first, orders.length);
        words = _words(list.askWith(target, 0x01020304, 77), orders.length);
        leaves_ = _leaves(list);
        assertEq(
            keccak256(abi.encode(_words(first, orders.length))), keccak256(abi.encode(before)), "the first answers stay"
        );
        list.log(IOrderBook.OrdersPlaced.selector, "market", 7, target);
    }

    function _words(Answers answers, uint256 count) private pure returns (uint256[] memory words) {
        assertTrue(!answers.isNone(), "somebody was asked");
        words = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) {
            words[i] = answers.answerTo(i);
        }
    }

    function _leaves(OrderList list) private pure returns (bytes32[] memory found) {
        found = new bytes32[](list.length());
        for (uint256 i = 0; i < found.length; ++i) {
            found[i] = list.leafAt(i);
        }
    }

    /// @dev The orders of a list, read one by one after more memory was taken, which must not be the list's.
    function _read(OrderList list) private pure returns (PackedOrder[] memory orders) {
        orders = new PackedOrder[](list.length());
        for (uint256 i = 0; i < orders.length; ++i) {
            PackedOrder memory order = list.at(i);
            orders[i] = PackedOrder(order.head, order.terms, order.levels, order.limits, order.weights);
        }
    }

    /// @dev Hash of the list with its offset and its length.
    function _memoryOf(OrderList list) private pure returns (bytes32 hash) {
        uint256 size = 64 + ORDER_SIZE * list.length();
        assembly ("memory-safe") {
            hash := keccak256(sub(list, 64), size)
        }
    }

    function _orders(uint256 seed, uint256 count) private pure returns (PackedOrder[] memory orders) {
        orders = new PackedOrder[](count % MAX_BATCH + 1);
        for (uint256 i = 0; i < orders.length; ++i) {
            uint256 word = uint256(keccak256(abi.encode(seed, i)));
            orders[i] = PackedOrder(word, ~word, word << 1, word >> 1, word ^ seed);
        }
    }
}
