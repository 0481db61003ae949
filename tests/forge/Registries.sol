// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IDeviceRegistry} from "../../interfaces/registry/IDeviceRegistry.sol";
import {IDeliveries} from "../../interfaces/metering/IDeliveries.sol";
import {CompactSignature} from "../../contracts/types/CompactSignature.sol";
import {Deliveries} from "../../contracts/metering/Deliveries.sol";
import {Metering} from "../../contracts/metering/Metering.sol";
import {DeviceRegistry} from "../../contracts/registry/DeviceRegistry.sol";
import {IMotions} from "../../interfaces/registry/IMotions.sol";
import {Motions} from "../../contracts/registry/Motions.sol";
import {ParticipantRegistry} from "../../contracts/registry/ParticipantRegistry.sol";
import {AccountsStub} from "../../contracts/testing/AccountsStub.sol";
import {GreenCertificates} from "../../contracts/tokens/GreenCertificates.sol";
import {PackedCandidate} from "../../contracts/types/Candidates.sol";
import {Carrier, DeliveryTerms} from "../../contracts/types/Markets.sol";
import {PackedOrder} from "../../contracts/types/Orders.sol";
import {PackedReading, ProvenReading, ReadingProof} from "../../contracts/types/Readings.sol";
import {Slot, slotOf} from "../../contracts/types/Slots.sol";
import {PackedTrade} from "../../contracts/types/Trades.sol";
import {Ppm, Wh} from "../../contracts/types/Units.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev A committee of 2 out of 3, the registries, metering and certificates, and accounts in place of order book and settlement.
/// Hashes are built here from the type strings, never asked from the contracts.
abstract contract Registries is ForgeTest {
    uint40 internal constant SLOT = 1 hours;
    uint256 internal constant AUDITORS = 3;

    /// In place of DeviceKeys: all keys here are of secp256k1, and a signature of P-256 would revert.
    address internal constant NO_KEYS = address(0);

    address internal immutable ORDER_BOOK = vm.addr(0xB00);
    address internal immutable SETTLEMENT = vm.addr(0x5E7);
    Motions internal motions;
    ParticipantRegistry internal participants;
    DeviceRegistry internal devices;
    GreenCertificates internal certificates;
    Metering internal metering;
    Deliveries internal deliveries;

    function deployRegistries() internal {
        deployWith(membershipRules());
    }

    function deployWith(IMotions.Rules memory rules) internal {
        vm.warp(1_700_000_000 / SLOT * SLOT);
        address[] memory auditors = new address[](AUDITORS);
        for (uint256 i = 0; i < AUDITORS; ++i) {
            auditors[i] = auditor(i);
        }
        address stub = address(new AccountsStub());
        address registry = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        motions = new Motions(auditors, 2, rules, registry);
        participants = new ParticipantRegistry(address(motions), stub);
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 3);
        devices = new DeviceRegistry(
            registry, address(motions), ORDER_BOOK, SETTLEMENT, predicted, NO_KEYS, uint32(SLOT), uint32(SLOT)
        );
        certificates = new GreenCertificates(predicted, address(this));
        metering = new Metering(address(devices), NO_KEYS, uint32(SLOT));
        deliveries = new Deliveries(
            address(participants), address(devices), address(metering), address(certificates), SETTLEMENT
        );
        assertTrue(address(deliveries) == predicted, "the contracts must be where they were predicted");
    }

    function auditor(uint256 index) internal pure returns (address) {
        return vm.addr(0xA0D + index);
    }

    function membershipRules() internal pure returns (IMotions.Rules memory) {
        return IMotions.Rules({
            admissionWindow: 3 days,
            committeeWindow: 14 days,
            exitNotice: 7 days,
            admissionRate: 50_000,
            admissionCap: 100,
            committeeRate: 100_000,
            supporters: 2
        });
    }

    /// Admitted as if the window had been before now.
    function admit(address account) internal {
        vm.prank(account);
        participants.applyFor("attributes");
        PackedCandidate[] memory candidates = new PackedCandidate[](1);
        candidates[0] = candidateOf(account);
        vm.prank(auditor(0));
        bytes32 root = motions.nominate(candidates, 1);
        vm.prank(auditor(1));
        motions.approve(root, 1);
        uint256 now_ = block.timestamp;
        vm.warp(now_ + 3 days);
        IMotions.Outcome[] memory outcomes = new IMotions.Outcome[](1);
        outcomes[0] = IMotions.Outcome(0, candidates[0], new bytes32[](0));
        participants.admit(motions.motionCount(), outcomes);
        vm.warp(now_);
    }

    /// The first application of an account, with a credibility of 900 000 ppm, for buying and selling, of all carriers, of a prosumer, for ever.
    function candidateOf(address account) internal pure returns (PackedCandidate memory) {
        uint256 attested = (900_000 << 44) | (63 << 38) | (3 << 35) | type(uint32).max;
        return PackedCandidate((uint256(uint160(account)) << 96) | (1 << 64) | attested, keccak256(abi.encode(account)));
    }

    function addDevice(address owner, uint256 privateKey, Wh capacity) internal returns (uint32 id) {
        bytes32 typeHash =
            keccak256("Device(address owner,uint8 kind,uint8 carrier,uint8 source,uint32 subnet,uint64 capacityWh)");
        bytes32 structHash = keccak256(abi.encode(typeHash, owner, 0, 0, 1, 7, Wh.unwrap(capacity)));
        bytes memory signature = signed(privateKey, address(devices), structHash);
        vm.prank(owner);
        id = devices.add(
            vm.addr(privateKey), IDeviceRegistry.Kind.Meter, Carrier.Electricity, 1, 7, capacity, signature
        );
    }

    function certify(uint32 device) internal {
        bytes32 content = devices.contentOf(device);
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(auditor(i));
            devices.certify(device, content);
        }
    }

    /// The order book offers 1 Wh of a device for sale in a slot.
    function offer(uint32 device, uint40 slotStart) internal {
        PackedOrder[] memory orders = new PackedOrder[](1);
        (orders[0].head, orders[0].terms) = (1 << 32, (1 << 200) | (uint256(device) << 72));
        vm.prank(ORDER_BOOK);
        devices.reserve(hourFrom(slotStart), orders);
    }

    /// The slot that begins at this time.
    function hourFrom(uint40 slotStart) internal pure returns (Slot) {
        return slotOf(slotStart, uint32(SLOT));
    }

    /// Its trades are settled by the export, in proportion.
    function termsFrom(uint40 slotStart) internal pure returns (DeliveryTerms) {
        return DeliveryTerms.wrap(Slot.unwrap(hourFrom(slotStart)));
    }

    function provenSingle(PackedReading memory reading, uint64 batch)
        internal
        pure
        returns (ProvenReading[] memory proven)
    {
        proven = new ProvenReading[](1);
        proven[0] = ProvenReading(reading, proofOfSingle(batch));
    }

    /// The reading of a device, and none of the buyer's meter.
    function exportOf(PackedReading memory reading, uint64 batch) internal pure returns (IDeliveries.Measured memory) {
        return IDeliveries.Measured(provenSingle(reading, batch), new ProvenReading[](0));
    }

    /// A trade, with what Deliveries reads of it.
    function tradeOf(uint32 device, address buyer, address seller, uint256 energy)
        internal
        pure
        returns (PackedTrade memory)
    {
        return PackedTrade({
            purchase: uint256(uint160(buyer)) << 96,
            sale: (uint256(uint160(seller)) << 96) | (energy << 32),
            terms: uint256(device) << 120,
            context: 0
        });
    }

    /// Deliver for one trade, by the reading's proof.
    function deliver(PackedReading memory reading, uint64 batch, PackedTrade memory trade, uint256 total)
        internal
        returns (uint256)
    {
        IDeliveries.Measured[] memory measured = new IDeliveries.Measured[](1);
        measured[0] = exportOf(reading, batch);
        (PackedTrade[] memory trades, IDeliveries.Totals memory totals) = onlyTrade(trade, total);
        vm.prank(SETTLEMENT);
        return
            Wh.unwrap(deliveries.deliver(termsFrom(uint40(reading.head)), measured, trades, totals, false).delivered[0]);
    }

    function onlyTrade(PackedTrade memory trade, uint256 total)
        internal
        pure
        returns (PackedTrade[] memory trades, IDeliveries.Totals memory totals)
    {
        (trades, totals.sold) = (new PackedTrade[](1), new Wh[](1));
        (trades[0], totals.sold[0]) = (trade, Wh.wrap(uint64(total)));
    }

    /// Report readings, all signed by one key.
    function report(uint256 privateKey, PackedReading[] memory readings) internal returns (uint64 batch) {
        return metering.report(readings, signaturesOf(privateKey, readings));
    }

    function signaturesOf(uint256 privateKey, PackedReading[] memory readings)
        internal
        view
        returns (bytes[] memory all)
    {
        all = new bytes[](readings.length);
        for (uint256 i = 0; i < readings.length; ++i) {
            all[i] = signed(privateKey, address(metering), readingHash(readings[i]));
        }
    }

    function readingHash(PackedReading memory reading) internal pure returns (bytes32) {
        bytes32 typeHash = keccak256(
            "Reading(uint32 device,uint40 startAt,uint32 lengthSeconds,uint40 previousStartAt,uint64 exportedWh,uint64 importedWh,uint64 exportCounterWh,uint64 importCounterWh,uint8 quality,uint16 version)"
        );
        (uint256 head, uint256 flows) = (reading.head, reading.flows);
        return keccak256(
            abi.encode(
                typeHash,
                uint32(head >> 40),
                uint40(head),
                uint32(head >> 112),
                uint40(head >> 72),
                flows >> 192,
                uint64(flows >> 128),
                uint64(flows >> 64),
                uint64(flows),
                uint8(head >> 144),
                uint16(head >> 152)
            )
        );
    }

    /// The first version of a measured interval, which follows the device's last one if that is before it.
    function readingOf(
        uint32 device,
        uint40 startAt,
        uint64 exported,
        uint64 imported,
        uint64 exportCounter,
        uint64 importCounter
    ) internal view returns (PackedReading memory) {
        (uint40 previous,,,,,) = metering.last(device);
        if (previous >= startAt) previous = startAt - uint40(SLOT);
        bytes32 head =
            bytes32(abi.encodePacked(bytes11(0), uint16(1), uint8(1), uint32(SLOT), previous, device, startAt));
        return PackedReading(
            uint256(head), uint256(bytes32(abi.encodePacked(exported, imported, exportCounter, importCounter)))
        );
    }

    function signed(uint256 privateKey, address verifier, bytes32 structHash) internal view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("PowerPact"),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(privateKey, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    /// Two words for the 65 bytes of a signature (EIP-2098).
    function compact(bytes memory signature) internal pure returns (CompactSignature memory) {
        (bytes32 r, bytes32 s) = abi.decode(signature, (bytes32, bytes32));
        return CompactSignature(r, bytes32((uint256(uint8(signature[64]) - 27) << 255) | uint256(s)));
    }

    /// A batch of one, so that the proof is empty.
    function single(PackedReading memory reading) internal pure returns (PackedReading[] memory readings) {
        readings = new PackedReading[](1);
        readings[0] = reading;
    }

    function proofOfSingle(uint64 batch) internal pure returns (ReadingProof memory) {
        return ReadingProof(batch, 0, new bytes32[](0));
    }
}
