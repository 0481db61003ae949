// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IDeliveries} from "../../interfaces/metering/IDeliveries.sol";
import {IMetering} from "../../interfaces/metering/IMetering.sol";
import {lotId} from "../../contracts/tokens/Lots.sol";
import {PackedReading, ReadingFields, ReadingProof} from "../../contracts/types/Readings.sol";
import {PackedTrade} from "../../contracts/types/Trades.sol";
import {Wh} from "../../contracts/types/Units.sol";
import {Registries} from "./Registries.sol";

contract MeteringTest is Registries {
    using ReadingFields for PackedReading;

    uint256 private constant KEY = 0xD0D;
    uint64 private constant CAPACITY = 10_000;
    address private constant OWNER = address(0x0A11CE);
    address private constant BUYER = address(0xB0B);

    uint32 private device;
    uint40 private start;

    function setUp() public {
        deployRegistries();
        admit(OWNER);
        device = addDevice(OWNER, KEY, Wh.wrap(CAPACITY));
        certify(device);
        start = uint40(block.timestamp);
        vm.warp(start + 100 * SLOT);
        report(KEY, single(_reading(start + 10 * SLOT, 500, 400, 50_000, 60_000)));
    }

    /// A second reading near every edge is taken exactly when the rules, written down once more, take it.
    function testFuzz_takesWhatTheRulesTake(
        uint256 slot,
        uint256 offset,
        uint256 exported,
        uint256 imported,
        uint256 exportRise,
        uint256 importRise
    ) public {
        slot = fold(slot, 0, 1) == 0 ? fold(slot, 9, 11) : fold(slot, 98, 101);
        offset = fold(offset, 0, 3) == 0 ? 1 : 0;
        exported = _nearEdge(exported);
        imported = _nearEdge(imported);
        exportRise = exported + fold(exportRise, 0, 3) - (exported == 0 ? 0 : 1);
        importRise = imported + fold(importRise, 0, 3) - (imported == 0 ? 0 : 1);
        PackedReading memory reading = _reading(
            uint40(start + slot * SLOT + offset),
            uint64(exported),
            uint64(imported),
            uint64(50_000 + exportRise),
            uint64(60_000 + importRise)
        );
        bool expected = offset == 0 && slot > 10 && slot < 100 && exported <= CAPACITY && imported <= CAPACITY
            && exportRise >= exported && importRise >= imported;
        try metering.report(single(reading), signaturesOf(KEY, single(reading))) {
            assertTrue(expected, "the rules refuse this reading");
            (uint40 startAt, Wh lastExport, Wh lastImport, Wh exportCounter, Wh importCounter,) = metering.last(device);
            assertEq(startAt, reading.startAt(), "the last interval must be the reading's");
            assertEq(Wh.unwrap(lastExport), exported, "the last export must be the reading's");
            assertEq(Wh.unwrap(lastImport), imported, "the last import must be the reading's");
            assertEq(Wh.unwrap(exportCounter), 50_000 + exportRise, "the export counter must be the reading's");
            assertEq(Wh.unwrap(importCounter), 60_000 + importRise, "the import counter must be the reading's");
        } catch {
            assertTrue(!expected, "the rules take this reading");
        }
    }

    /// No bit of the head but those of device and start may differ in a reading that the device did not sign so.
    function testFuzz_noBitOfTheHeadIsFree(uint256 bit) public {
        bit = fold(bit, 72, 255);
        PackedReading memory reading = _reading(start + 11 * SLOT, 1, 0, 50_001, 60_000);
        reading.head ^= 1 << bit;
        bytes[] memory signatures = signaturesOf(KEY, single(reading));
        bytes4 selector;
        if (bit >= 168) selector = IMetering.Metering_UnusedBitsSet.selector;
        else if (bit == 152) selector = IMetering.Metering_VersionZero.selector;
        else if (bit > 152 || bit == 145) selector = bytes4(0);
        else if (bit >= 144) selector = IMetering.Metering_UnknownQuality.selector;
        else if (bit >= 112) selector = IMetering.Metering_LengthNotBase.selector;
        bool isPrevious = bit < 112;
        // What is signed anew may say another version, and that it is estimated.
        try metering.report(single(reading), signatures) {
            assertTrue(selector == bytes4(0) && !isPrevious, "this head must be refused");
        } catch (bytes memory reason) {
            bytes4 found = bytes4(reason);
            bool fits = isPrevious
                ? found == IMetering.Metering_PredecessorNotBefore.selector
                    || found == IMetering.Metering_PredecessorPassed.selector
                    || found == IMetering.Metering_PredecessorMissing.selector
                : found == selector;
            assertTrue(fits, "each field has an error of its own");
        }
    }

    /// Each reading of a batch of any size has a proof, and no reading that differs in one bit has it.
    function testFuzz_onlyWhatWasReportedIsProven(uint256 size, uint256 index, uint256 bit) public {
        size = fold(size, 1, 9);
        index = fold(index, 0, size - 1);
        PackedReading[] memory readings = new PackedReading[](size);
        for (uint256 i = 0; i < size; ++i) {
            readings[i] = _reading(uint40(start + (11 + i) * SLOT), 7, 0, uint64(50_007 + 7 * i), 60_000);
            if (i != 0) readings[i].head += i * SLOT << 72;
        }
        uint64 batch = report(KEY, readings);
        ReadingProof memory proof = ReadingProof(batch, uint16(index), _siblings(readings, index));
        PackedReading memory reading = readings[index];
        metering.verify(reading, proof);

        bit = fold(bit, 0, 511);
        if (bit < 256) reading.head ^= 1 << bit;
        else reading.flows ^= 1 << (bit - 256);
        vm.expectRevert(abi.encodeWithSelector(IMetering.Metering_UnknownReading.selector, batch, index));
        metering.verify(reading, proof);
    }

    /// 256 devices that report for the first time fit into a transaction of 2^24 gas, calldata included.
    function test_fullBatchFitsATransaction() public {
        uint256 size = metering.MAX_READINGS();
        PackedReading[] memory readings = new PackedReading[](size);
        bytes[] memory signatures = new bytes[](size);
        for (uint256 i = 0; i < size; ++i) {
            uint32 id = addDevice(OWNER, 1 + i, Wh.wrap(CAPACITY));
            readings[i] = readingOf(id, start, 9, 9, type(uint64).max, type(uint64).max);
            signatures[i] = signaturesOf(1 + i, single(readings[i]))[0];
        }
        bytes memory call = abi.encodeCall(metering.report, (readings, signatures));
        uint256 before = gasleft();
        (bool done,) = address(metering).call(call);
        uint256 spent = before - gasleft();
        assertTrue(done, "a full batch must be taken");
        assertTrue(21_000 + 16 * call.length + spent < 1 << 24, "a full batch must fit into a transaction");
    }

    /// Two sales of one slot share the export in proportion; beyond all that was sold it is the owner's, once. By the
    /// last reading and by the proof of one it comes to the same.
    function testFuzz_deliverSharesTheExport(uint256 exported, uint256 total, uint256 part, bool isLate) public {
        exported = fold(exported, 0, CAPACITY);
        total = fold(total, 1, 2 * CAPACITY);
        part = fold(part, 0, total);
        uint256 lot = lotId(device, hourFrom(start + 11 * SLOT));
        PackedReading memory reading =
            _reading(start + 11 * SLOT, uint64(exported), 0, uint64(50_000 + exported), 60_000);
        uint64 batch = report(KEY, single(reading));
        uint256 shared = 0;
        for (uint256 i = 0; i < 2; ++i) {
            uint256 sold = i == 0 ? part : total - part;
            uint256 before = i == 0 ? 0 : part;
            uint256 delivered = _deliver(reading, batch, before, sold, total, isLate);
            assertEq(delivered, _shareOf(exported, total, before, sold), "each sale must get its share");
            shared += delivered;
            assertEq(certificates.balanceOf(BUYER, lot), shared, "the buyer gets what was delivered");
        }
        assertEq(shared, exported < total ? exported : total, "GRN-1: all of the export that is sold, and no more");
        uint256 rest = exported > total ? exported - total : 0;
        assertEq(certificates.balanceOf(OWNER, lot), rest, "the owner gets what was not sold, once");
        assertTrue(
            deliveries.isIssued(device, hourFrom(start + 11 * SLOT)) == (rest != 0), "then the slot counts as issued"
        );
    }

    /// The last reading is of another slot: nothing is known, nothing happens.
    function test_deliverLastKnowsTheLastSlotOnly() public {
        (PackedTrade[] memory trades, IDeliveries.Totals memory totals) =
            onlyTrade(tradeOf(device, BUYER, OWNER, 500), 500);
        vm.prank(SETTLEMENT);
        (uint256 known, IDeliveries.Shares memory shares) =
            deliveries.deliverLast(termsFrom(start + 9 * SLOT), trades, totals, 1);
        assertTrue(known == 0 && Wh.unwrap(shares.delivered[0]) == 0, "another slot is not known");
        assertEq(certificates.balanceOf(BUYER, lotId(device, hourFrom(start + 9 * SLOT))), 0, "nothing is issued");
    }

    /// No signature but the key's own is taken, whatever its length and content.
    function testFuzz_noForgedSignature(bytes calldata signature) public {
        PackedReading memory reading = _reading(start + 11 * SLOT, 1, 0, 50_001, 60_000);
        bytes[] memory signatures = signaturesOf(KEY, single(reading));
        vm.assume(keccak256(signature) != keccak256(signatures[0]));
        signatures[0] = signature;
        try metering.report(single(reading), signatures) {
            revert("a forged signature must be refused");
        } catch {}
    }

    /// What a sale of `sold` behind `before` gets of an export of which `total` is sold.
    function _shareOf(uint256 exported, uint256 total, uint256 before, uint256 sold) private pure returns (uint256) {
        uint256 due = exported < total ? exported : total;
        return due * (before + sold) / total - due * before / total;
    }

    function _deliver(
        PackedReading memory reading,
        uint64 batch,
        uint256 before,
        uint256 sold,
        uint256 total,
        bool isLate
    ) private returns (uint256) {
        PackedTrade memory trade = tradeOf(device, BUYER, OWNER, sold);
        trade.context = before << 160;
        if (isLate) return deliver(reading, batch, trade, total);
        (PackedTrade[] memory trades, IDeliveries.Totals memory totals) = onlyTrade(trade, total);
        vm.prank(SETTLEMENT);
        (uint256 known, IDeliveries.Shares memory shares) =
            deliveries.deliverLast(termsFrom(reading.startAt()), trades, totals, 1);
        assertTrue(known == 1, "the last slot is known");
        return Wh.unwrap(shares.delivered[0]);
    }

    /// Nothing, something, or within 1 Wh of the capacity; mostly within it.
    function _nearEdge(uint256 number) private pure returns (uint256) {
        uint256 which = fold(number, 0, 5);
        return which == 0 ? 0 : which == 1 ? CAPACITY + 1 : which == 2 ? CAPACITY : CAPACITY - which;
    }

    function _reading(uint40 slotStart, uint64 exported, uint64 imported, uint64 exportCounter, uint64 importCounter)
        private
        view
        returns (PackedReading memory)
    {
        return readingOf(device, slotStart, exported, imported, exportCounter, importCounter);
    }

    function _siblings(PackedReading[] memory readings, uint256 index)
        private
        pure
        returns (bytes32[] memory siblings)
    {
        bytes32[] memory level = new bytes32[](readings.length);
        for (uint256 i = 0; i < level.length; ++i) {
            level[i] = keccak256(abi.encode(i, readings[i]));
        }
        return siblingsOf(level, index);
    }
}
