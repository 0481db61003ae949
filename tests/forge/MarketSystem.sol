// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Clearing} from "../../contracts/clearing/Clearing.sol";
import {RoundProver} from "../../contracts/clearing/mechanisms/satisfaction/RoundProver.sol";
import {OrderBook} from "../../contracts/market/OrderBook.sol";
import {Metering} from "../../contracts/metering/Metering.sol";
import {DeviceRegistry} from "../../contracts/registry/DeviceRegistry.sol";
import {ParticipantRegistry} from "../../contracts/registry/ParticipantRegistry.sol";
import {EscrowWallets} from "../../contracts/settlement/EscrowWallets.sol";
import {GreenCertificates} from "../../contracts/tokens/GreenCertificates.sol";
import {PowerPoints} from "../../contracts/tokens/PowerPoints.sol";
import {Points, Wh} from "../../contracts/types/Units.sol";
import {Registries} from "./Registries.sol";

/// @dev The whole deployment, wired as in production, and traders who each have a certified device and an
/// unlimited allowance for the escrow. This contract is the utility.
abstract contract MarketSystem is Registries {
    uint64 internal constant CAPACITY = 100_000;

    PowerPoints internal points;
    OrderBook internal book;
    RoundProver internal prover;
    Clearing internal clearing;
    EscrowWallets internal escrow;
    uint256 private _minted;

    function deploySystem() internal {
        vm.warp(1_700_000_000 / SLOT * SLOT);
        address[] memory auditors = new address[](AUDITORS);
        for (uint256 i = 0; i < AUDITORS; ++i) {
            auditors[i] = auditor(i);
        }
        uint256 nonce = vm.getNonce(address(this));
        address[9] memory place;
        for (uint256 i = 0; i < place.length; ++i) {
            place[i] = vm.computeCreateAddress(address(this), nonce + i);
        }
        points = new PowerPoints(address(this));
        participants = new ParticipantRegistry(auditors, 2, place[8]);
        devices = new DeviceRegistry(place[1]);
        certificates = new GreenCertificates(place[4]);
        metering = new Metering(place[2], place[3], place[5], place[8], SLOT);
        book = new OrderBook(place[1], place[2], place[4], place[7], place[8]);
        prover = new RoundProver(place[5]);
        clearing = new Clearing(place[5], place[6], place[8]);
        escrow = new EscrowWallets(place[0], place[5], place[7], place[4]);
        assertTrue(address(escrow) == place[8], "the contracts must be where they were predicted");
    }

    /// The trader with this key; its device has the next key and the returned id.
    function join(uint256 privateKey) internal returns (address trader, uint32 device) {
        trader = vm.addr(privateKey);
        admit(trader);
        device = addDevice(trader, privateKey + 1, Wh.wrap(CAPACITY));
        certify(device);
        vm.prank(trader);
        points.approve(address(escrow), type(uint256).max);
    }

    /// Issue points to a trader, who deposits them.
    function endow(address trader, uint128 upoints) internal {
        points.mint(trader, upoints, bytes32(++_minted));
        vm.prank(trader);
        escrow.deposit(Points.wrap(upoints));
    }
}
