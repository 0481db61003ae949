// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {Satisfaction} from "../../contracts/clearing/mechanisms/satisfaction/Satisfaction.sol";
import {Admission, admissionIn} from "../../contracts/types/Attested.sol";
import {MAX_PERSONS, OrderFields, PackedOrder} from "../../contracts/types/Orders.sol";
import {Ppm} from "../../contracts/types/Units.sol";

/// @dev The person in an order: it reaches into no other field, and keeps orders apart whatever else they say.
contract PersonsProof {
    using OrderFields for PackedOrder;

    /// An admission keeps its three fields, and the person lies above everything that is signed.
    function check_admission(bool active, uint32 person, uint32 credibility) public pure {
        if (person > MAX_PERSONS) return;
        Admission admission = admissionIn((uint64(person) << 32) | credibility, active);
        assert(admission.isActive() == active);
        assert(Ppm.unwrap(admission.credibility()) == credibility);
        assert(admission.personInTerms() >> 230 == person);
        assert(admission.personInTerms() & ((1 << 230) - 1) == 0);
    }

    /// Attesting the person changes no other field of an order.
    function check_attesting(uint256 head, uint256 terms, uint32 person) public pure {
        if (person > MAX_PERSONS || terms >> 230 != 0) return;
        PackedOrder memory order = PackedOrder(head, terms, 0, 0, 0);
        PackedOrder memory kept = PackedOrder(head, terms, 0, 0, 0);
        kept.terms |= admissionIn(uint64(person) << 32, true).personInTerms();
        assert(kept.person() == person);
        assert(kept.isBuy() == order.isBuy() && kept.device() == order.device() && kept.nonce() == order.nonce());
        assert(kept.classes() == order.classes() && kept.expiry() == order.expiry());
        assert(Ppm.unwrap(kept.minFill()) == Ppm.unwrap(order.minFill()));
        assert(kept.isMandated() == order.isMandated() && kept.accept() == order.accept());
    }

    /// Orders of one person suit each other never; orders of two that ask for no least fill always.
    function check_suits(uint256 buyHead, uint256 buyTerms, uint256 sellHead, uint256 sellTerms) public pure {
        PackedOrder memory buy = PackedOrder(buyHead, buyTerms, 0, 0, 0);
        PackedOrder memory sell = PackedOrder(sellHead, sellTerms, 0, 0, 0);
        bool suits = Satisfaction.suits(buy, sell);
        if (buy.person() == sell.person()) assert(!suits);
        else if (Ppm.unwrap(buy.minFill()) | Ppm.unwrap(sell.minFill()) == 0) assert(suits);
    }
}
