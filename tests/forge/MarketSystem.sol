// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Accounts} from "../../contracts/accounts/Accounts.sol";
import {IMechanism} from "../../interfaces/clearing/IMechanism.sol";
import {Clearing} from "../../contracts/clearing/Clearing.sol";
import {Refutations} from "../../contracts/clearing/Refutations.sol";
import {RoundProver} from "../../contracts/clearing/mechanisms/satisfaction/RoundProver.sol";
import {SatisfactionMatching} from "../../contracts/clearing/mechanisms/satisfaction/SatisfactionMatching.sol";
import {Mandates} from "../../contracts/market/Mandates.sol";
import {Markets} from "../../contracts/market/Markets.sol";
import {OrderBook} from "../../contracts/market/OrderBook.sol";
import {Deliveries} from "../../contracts/metering/Deliveries.sol";
import {Metering} from "../../contracts/metering/Metering.sol";
import {DeviceRegistry} from "../../contracts/registry/DeviceRegistry.sol";
import {Motions} from "../../contracts/registry/Motions.sol";
import {ParticipantRegistry} from "../../contracts/registry/ParticipantRegistry.sol";
import {PaymentChannels} from "../../contracts/settlement/PaymentChannels.sol";
import {Releases} from "../../contracts/settlement/Releases.sol";
import {Settlement} from "../../contracts/settlement/Settlement.sol";
import {GreenCertificates} from "../../contracts/tokens/GreenCertificates.sol";
import {PowerPoints} from "../../contracts/tokens/PowerPoints.sol";
import {Points, Wh} from "../../contracts/types/Units.sol";
import {Registries} from "./Registries.sol";

/// @dev The whole deployment, wired as in production, and traders who each have a certified device and an
/// unlimited allowance for the accounts. This contract is the utility.
abstract contract MarketSystem is Registries {
    uint64 internal constant CAPACITY = 100_000;

    PowerPoints internal points;
    Markets internal markets;
    OrderBook internal book;
    Mandates internal mandates;
    IMechanism[] internal mechanisms;
    Clearing internal clearing;
    Refutations internal refutations;
    Accounts internal accounts;
    Settlement internal settlement;
    Releases internal releases;
    PaymentChannels internal channels;
    uint256 private _minted;

    function deploySystem() internal {
        vm.warp(1_700_000_000 / SLOT * SLOT);
        address[] memory auditors = new address[](AUDITORS);
        for (uint256 i = 0; i < AUDITORS; ++i) {
            auditors[i] = auditor(i);
        }
        uint256 nonce = vm.getNonce(address(this));
        address[18] memory place;
        for (uint256 i = 0; i < place.length; ++i) {
            place[i] = vm.computeCreateAddress(address(this), nonce + i);
        }
        points = new PowerPoints(address(this));
        accounts = new Accounts(place[0], place[9], place[13], place[15], place[14], place[17]);
        participants = new ParticipantRegistry(place[3], place[1]);
        motions = new Motions(auditors, 2, membershipRules(), place[2]);
        devices =
            new DeviceRegistry(place[2], place[3], place[9], place[15], place[7], NO_KEYS, uint32(SLOT), uint32(SLOT));
        certificates = new GreenCertificates(place[7], address(this));
        metering = new Metering(place[4], NO_KEYS, uint32(SLOT));
        deliveries = new Deliveries(place[2], place[4], place[6], place[5], place[15]);
        markets = new Markets(place[2], place[6], place[9]);
        book = new OrderBook(place[2], place[4], place[8], place[16], place[1], place[10]);
        mandates = new Mandates(place[8], place[9]);
        RoundProver prover = new RoundProver(place[8], place[9]);
        mechanisms.push(new SatisfactionMatching(place[8], place[9], address(prover)));
        clearing = new Clearing(place[8], place[1], place[14], mechanisms);
        refutations = new Refutations(place[13], place[1]);
        settlement = new Settlement(place[1], place[4], place[6], place[7], place[8], place[13], place[3]);
        releases = new Releases(place[8], place[9], place[13]);
        channels = new PaymentChannels(place[1]);
        assertTrue(address(channels) == place[17], "the contracts must be where they were predicted");
    }

    /// The trader with this key; its device has the next key and the returned id.
    function join(uint256 privateKey) internal returns (address trader, uint32 device) {
        trader = vm.addr(privateKey);
        admit(trader);
        device = addDevice(trader, privateKey + 1, Wh.wrap(CAPACITY));
        certify(device);
        vm.prank(trader);
        points.approve(address(accounts), type(uint256).max);
    }

    /// Issue points to a trader, who deposits them.
    function endow(address trader, uint128 upoints) internal {
        points.mint(trader, upoints, bytes32(++_minted));
        vm.prank(trader);
        accounts.deposit(Points.wrap(upoints));
    }
}
