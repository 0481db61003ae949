// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {IGreenCertificates} from "../../interfaces/tokens/IGreenCertificates.sol";
import {GreenCertificates} from "../../contracts/tokens/GreenCertificates.sol";
import {Wh} from "../../contracts/types/Units.sol";
import {ForgeTest} from "./Vm.sol";

/// @dev Mints, transfers and retires among three holders; the ghost remembers every Wh.
contract CertificatesHandler is ForgeTest {
    uint256 public constant HOLDERS = 3;
    uint256 public constant LOTS = 2;

    GreenCertificates public immutable certificates = new GreenCertificates(address(this), address(this));
    mapping(uint256 id => uint256) public minted;
    mapping(uint256 id => mapping(address beneficiary => uint256)) public retired;
    uint256 public retirements;
    uint256 public transfers;

    function mint(uint256 to, uint256 lot, uint32 energy) external {
        uint256 id = fold(lot, 1, LOTS);
        IGreenCertificates.Share[] memory shares = new IGreenCertificates.Share[](1);
        shares[0] = IGreenCertificates.Share(holder(to), id, Wh.wrap(energy));
        certificates.mint(shares);
        minted[id] += energy;
    }

    function transfer(uint256 from, uint256 to, uint256 lot, uint256 energy) external {
        uint256 id = fold(lot, 1, LOTS);
        energy = fold(energy, 0, certificates.balanceOf(holder(from), id));
        vm.prank(holder(from));
        certificates.safeTransferFrom(holder(from), holder(to), id, energy, "");
        ++transfers;
    }

    function retire(uint256 from, uint256 beneficiary, uint256 lot, uint256 energy) external {
        uint256 id = fold(lot, 1, LOTS);
        uint256 balance = certificates.balanceOf(holder(from), id);
        if (balance == 0) return;
        energy = fold(energy, 1, balance);
        vm.prank(holder(from));
        certificates.retire(id, Wh.wrap(uint64(energy)), holder(beneficiary), "heating");
        retired[id][holder(beneficiary)] += energy;
        ++retirements;
    }

    /// More than the balance can neither be retired nor moved: what is retired is not there any more.
    function overdraw(uint256 from, uint256 lot, uint32 excess) external {
        uint256 id = fold(lot, 1, LOTS);
        uint256 energy = certificates.balanceOf(holder(from), id) + 1 + excess;
        vm.prank(holder(from));
        try certificates.retire(id, Wh.wrap(uint64(energy)), holder(0), "twice") {
            revert("GRN-2: retired energy must not be retired again");
        } catch {}
        vm.prank(holder(from));
        try certificates.safeTransferFrom(holder(from), holder(0), id, energy, "") {
            revert("GRN-2: retired energy must not move");
        } catch {}
    }

    function holder(uint256 index) public pure returns (address) {
        return address(uint160(0x401D00 + index % HOLDERS));
    }
}

contract GreenCertificatesInvariantTest {
    CertificatesHandler private handler;

    function setUp() public {
        handler = new CertificatesHandler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// GRN-2: what is retired stays with its beneficiary, and everything minted is held or retired.
    function invariant_retiredNeverMoves() public view {
        GreenCertificates certificates = handler.certificates();
        for (uint256 id = 1; id <= handler.LOTS(); ++id) {
            uint256 found = 0;
            for (uint256 i = 0; i < handler.HOLDERS(); ++i) {
                address holder = handler.holder(i);
                uint256 retired = Wh.unwrap(certificates.retiredFor(id, holder));
                require(retired == handler.retired(id, holder), "GRN-2: what is retired never moves");
                found += certificates.balanceOf(holder, id) + retired;
            }
            require(found == handler.minted(id), "minted must equal held and retired");
        }
    }

    /// The handler gets through to every rule.
    function test_everyRuleRuns() public {
        for (uint256 i = 0; i < 100; ++i) {
            uint256 random = uint256(keccak256(abi.encode(i)));
            if (random % 4 == 0) handler.mint(random >> 8, random >> 16, uint32(random >> 32));
            if (random % 4 == 1) handler.transfer(random >> 8, random >> 16, random >> 24, random >> 32);
            if (random % 4 == 2) handler.retire(random >> 8, random >> 16, random >> 24, random >> 32);
            if (random % 4 == 3) handler.overdraw(random >> 8, random >> 16, uint32(random >> 32));
        }
        require(handler.transfers() > 5 && handler.retirements() > 5, "energy must be moved and retired");
        invariant_retiredNeverMoves();
    }
}
