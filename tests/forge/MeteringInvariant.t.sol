// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {lotId} from "../../contracts/tokens/Lots.sol";
import {Side} from "../../contracts/types/Orders.sol";
import {PackedReading, ReadingFields} from "../../contracts/types/Readings.sol";
import {PackedTrade} from "../../contracts/types/Trades.sol";
import {Wh} from "../../contracts/types/Units.sol";
import {Registries} from "./Registries.sol";

/// @dev Devices that report, markets that sell, settle sale by sale and forget, auditors that certify late. A ghost keeps
/// what was exported and what was issued. Whatever must fail is tried as well, and must.
contract MeteringHandler is Registries {
    using ReadingFields for PackedReading;

    uint256 public constant DEVICES = 3;
    uint64 private constant CAPACITY = 5_000;
    address public constant OWNER = address(0x0A11CE);
    address public constant BUYER = address(0xB0B);

    struct Report {
        PackedReading reading;
        uint64 batch;
        /// All energy sold, Wh; 0: none.
        uint256 total;
        /// Energy of the sales that are settled, Wh.
        uint256 settled;
        /// Certificates that there must be, Wh.
        uint256 minted;
        bool issued;
        /// Whether its order is decided.
        bool decided;
    }

    Report[] public reports;
    /// @dev By device: the first slot that can be certified, 0 if none.
    mapping(uint32 device => uint256) public certifiedSince;
    mapping(uint32 device => uint256) public exportCounter;
    uint256 public issuedLots;
    uint256 public delivered;
    uint256 public refusals;

    constructor() {
        deployRegistries();
        admit(OWNER);
        for (uint256 i = 1; i <= DEVICES; ++i) {
            addDevice(OWNER, i, Wh.wrap(CAPACITY));
        }
        certify(1);
        certifiedSince[1] = block.timestamp;
    }

    function reportNext(uint256 device, uint256 exported, uint256 gap, uint256 total) external {
        uint32 id = uint32(fold(device, 1, DEVICES));
        exported = fold(exported, 0, CAPACITY);
        exportCounter[id] += exported + fold(gap, 0, 3);
        uint40 slotStart = uint40(block.timestamp / SLOT * SLOT);
        vm.warp(slotStart + SLOT);
        PackedReading memory reading = readingOf(id, slotStart, uint64(exported), 0, uint64(exportCounter[id]), 0);
        uint64 batch = report(id, single(reading));
        total = certifiedSince[id] != 0 && total % 2 == 0 ? fold(total / 2, 1, 2 * CAPACITY) : 0;
        if (total != 0) offer(id, slotStart);
        reports.push(Report(reading, batch, total, 0, 0, false, false));

        reading.flows &= type(uint192).max;
        _mustFail(
            address(metering), abi.encodeCall(metering.report, (single(reading), signaturesOf(id, single(reading))))
        );
    }

    function certifyLate(uint256 device) external {
        uint32 id = uint32(fold(device, 1, DEVICES));
        if (certifiedSince[id] != 0) return;
        certify(id);
        certifiedSince[id] = block.timestamp;
    }

    /// Settle the next sale of a slot, by cumulative rounding.
    function settle(uint256 which, uint256 sold) external {
        if (reports.length == 0) return;
        Report storage entry = reports[fold(which, 0, reports.length - 1)];
        if (entry.settled == entry.total) return;
        (uint256 exported, uint256 total) = (Wh.unwrap(entry.reading.exported()), entry.total);
        sold = fold(sold, 1, total - entry.settled);
        PackedTrade memory trade = tradeOf(entry.reading.device(), BUYER, OWNER, sold);
        trade.context = entry.settled << 160;
        deliver(entry.reading, entry.batch, trade, total);
        uint256 due = exported < total ? exported : total;
        entry.minted += due * (entry.settled + sold) / total - due * entry.settled / total;
        entry.settled += sold;
        if (exported > total && !entry.issued) {
            entry.issued = true;
            entry.minted += exported - total;
        }
        ++delivered;
    }

    /// The order of a slot is decided, with what it sold or without.
    function decide(uint256 which, bool soldNothing) external {
        if (reports.length == 0) return;
        Report storage entry = reports[fold(which, 0, reports.length - 1)];
        if (entry.total == 0 || entry.decided) return;
        if (entry.settled != 0) soldNothing = false;
        if (soldNothing) entry.total = 0;
        entry.decided = true;
        vm.prank(soldNothing ? ORDER_BOOK : SETTLEMENT);
        devices.decide(
            entry.reading.device(),
            Side.Sell,
            hourFrom(entry.reading.startAt()),
            Wh.wrap(0),
            Wh.wrap(uint64(entry.total))
        );
    }

    function issue(uint256 which) external {
        if (reports.length == 0) return;
        Report storage entry = reports[fold(which, 0, reports.length - 1)];
        PackedReading memory reading = entry.reading;
        bytes memory call =
            abi.encodeCall(deliveries.issue, (hourFrom(reading.startAt()), provenSingle(reading, entry.batch)));
        bool undecided = entry.total != 0 && !entry.decided;
        if (entry.issued || !_isCertified(reading) || undecided) {
            _mustFail(address(deliveries), call);
            return;
        }
        deliveries.issue(hourFrom(reading.startAt()), provenSingle(reading, entry.batch));
        entry.issued = true;
        uint256 exported = Wh.unwrap(reading.exported());
        if (exported > entry.total) entry.minted += exported - entry.total;
        ++issuedLots;
    }

    function reportCount() external view returns (uint256) {
        return reports.length;
    }

    function minted(uint256 index) external view returns (uint256) {
        uint256 id = lotId(reports[index].reading.device(), hourFrom(reports[index].reading.startAt()));
        return certificates.balanceOf(OWNER, id) + certificates.balanceOf(BUYER, id);
    }

    function lastCounter(uint32 device) external view returns (uint256 counter) {
        (,,, Wh wh,,) = metering.last(device);
        return Wh.unwrap(wh);
    }

    function _isCertified(PackedReading memory reading) private view returns (bool) {
        uint256 since = certifiedSince[reading.device()];
        return since != 0 && since <= reading.startAt();
    }

    function _mustFail(address target, bytes memory call) private {
        (bool done,) = target.call(call);
        assertTrue(!done, "this call must fail");
        ++refusals;
    }
}

contract MeteringInvariantTest {
    using ReadingFields for PackedReading;

    MeteringHandler private handler;

    function setUp() public {
        handler = new MeteringHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// GRN-1: what is minted for a device and slot is what its sales and its owner are due, never above the export.
    function invariant_mintedIsDueAndNoMoreThanTheExport() public view {
        for (uint256 i = 0; i < handler.reportCount(); ++i) {
            (PackedReading memory reading,,,, uint256 due,,) = handler.reports(i);
            require(handler.minted(i) == due, "GRN-1: certificates must be those that are due");
            require(due <= Wh.unwrap(reading.exported()), "GRN-1: certificates must not exceed the export");
        }
    }

    /// MET-1: the counters are those of the last reading taken.
    function invariant_countersFollowTheReadings() public view {
        for (uint32 device = 1; device <= handler.DEVICES(); ++device) {
            require(handler.lastCounter(device) == handler.exportCounter(device), "MET-1: counters never fall");
        }
    }

    /// The handler gets through to every rule: 200 of its own steps issue, deliver and refuse.
    function test_everyRuleRuns() public {
        for (uint256 i = 0; i < 200; ++i) {
            uint256 random = uint256(keccak256(abi.encode(i)));
            if (random % 5 == 0) handler.reportNext(random >> 8, random >> 16, random >> 24, random >> 32);
            if (random % 5 == 1) handler.certifyLate(random >> 8);
            if (random % 5 == 2) handler.settle(random >> 8, random >> 64);
            if (random % 50 == 4) handler.decide(random >> 8, random >> 64 & 1 == 0);
            if (random % 5 == 3) handler.issue(random >> 8);
        }
        require(handler.reportCount() > 20, "readings must be reported");
        require(handler.issuedLots() > 5, "unsold lots must be issued");
        require(handler.delivered() > 5, "sold lots must be delivered");
        require(handler.refusals() > handler.reportCount() + 5, "what must fail must have been tried");
        invariant_mintedIsDueAndNoMoreThanTheExport();
        invariant_countersFollowTheReadings();
    }
}
