"""Bugs seeded into the contracts, one at a time: the machine must find each of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from powerpact.chain.errors import ContractError
from testkit.chains import EvmChain
from testkit.mutants import Mutant
from testkit.stateful.machine import run_machine
from testkit.stateful.stage import community_on

EXAMPLES = 300
STEPS = 30

MECHANISMS = "contracts/clearing/mechanisms"
SATISFACTION = f"{MECHANISMS}/satisfaction"
LEGS = "contracts/clearing/libraries/Legs.sol"
CONTEST = "contracts/clearing/libraries/Contest.sol"
ENDORSEMENTS = "contracts/clearing/libraries/Endorsements.sol"
BOOK = "contracts/market/OrderBook.sol"
CLEARING = "contracts/clearing/Clearing.sol"
ACCOUNTS = "contracts/accounts/Accounts.sol"
SETTLEMENT = "contracts/settlement/Settlement.sol"
RELEASES = "contracts/settlement/Releases.sol"
DEVICES = "contracts/registry/DeviceRegistry.sol"
COMMITTEE = "contracts/shared/Committee.sol"
METERING = "contracts/metering/Metering.sol"

FINALIZE = """function finalize(uint64 id) external {
        Proposal storage stored = _contest.proposals[id];
        require(stored.status"""
"""Where `finalize` looks at the status, as `challenge` does, too."""

MUTANTS = (
    Mutant(
        "a skipped limit check",
        "SatisfactionMatching",
        f"{SATISFACTION}/Satisfaction.sol",
        "if (h < l) return (false, 0);",
        "if (h < l) return (true, 0);",
    ),
    Mutant(
        "a sweep that passes over too much",
        "RoundProver",
        f"{SATISFACTION}/PairSweep.sol",
        "sub(999999, mload(buyer))",
        "sub(499999, mload(buyer))",
    ),
    Mutant(
        "a proof that stops one row early",
        "RoundProver",
        f"{SATISFACTION}/RoundProof.sol",
        "for (uint256 r = from; r < to; ++r)",
        "for (uint256 r = from + 1; r < to; ++r)",
    ),
    Mutant(
        "an order used twice in a chunk",
        "SatisfactionMatching",
        LEGS,
        "require(Wh.unwrap(leg.filled) == 0, IClearing.Clearing_OrderUsedTwice(leg.id));",
        "",
    ),
    Mutant(
        "a pair that trades twice",
        "SatisfactionMatching",
        f"{MECHANISMS}/Mechanism.sol",
        "require(link > last, IClearing.Clearing_LinkNotRising(buyId, sellId));",
        "",
    ),
    Mutant(
        "a trader who trades with itself",
        "SatisfactionMatching",
        f"{SATISFACTION}/Satisfaction.sol",
        "if (buyHead >> 96 == sellHead >> 96) return false;",
        "",
    ),
    Mutant(
        "a trade below the least fill",
        "SatisfactionMatching",
        f"{SATISFACTION}/Satisfaction.sol",
        "return traded >= wanted * ((buy.terms >> FILL_SHIFT) & ONE_FILL)",
        "return traded >= 0",
    ),
    Mutant(
        "an order used twice in two chunks",
        "Clearing",
        CONTEST,
        "require(fill.open, IClearing.Clearing_OrderUsedTwice(order));",
        "",
    ),
    Mutant(
        "an order filled beyond its energy",
        "SatisfactionMatching",
        LEGS,
        "require(!(energy > left), IClearing.Clearing_Overfilled(leg.id, left, energy));",
        "",
    ),
    Mutant(
        "an order marked without a trade",
        "SatisfactionMatching",
        LEGS,
        "require(leg.filled > leg.before, IClearing.Clearing_OrderUnused(leg.id));",
        "",
    ),
    Mutant(
        "a price above the bid",
        "SatisfactionMatching",
        f"{SATISFACTION}/SatisfactionMatching.sol",
        "rule == PriceRule.PayAsBid ? buy.price()",
        "rule == PriceRule.PayAsBid ? Price.wrap(Price.unwrap(buy.price()) + 1)",
    ),
    Mutant(
        "a dual sum off by one",
        "Clearing",
        CONTEST,
        "return stored.bound == stored.objective;",
        "return stored.bound <= stored.objective + 1;",
    ),
    Mutant(
        "dual prices one below the score",
        "SatisfactionMatching",
        f"{SATISFACTION}/SatisfactionMatching.sol",
        "require(duals >= score,",
        "require(duals + 1 >= score,",
    ),
    Mutant(
        "a challenge that takes u + v = w",
        "SatisfactionMatching",
        f"{SATISFACTION}/SatisfactionMatching.sol",
        "eligible && duals < score,",
        "eligible && duals <= score,",
    ),
    Mutant(
        "a challenge that hides the order's trade",
        "Clearing",
        CLEARING,
        "Wh.unwrap(exhibit.filled) == Wh.unwrap(filled), Clearing_WrongExhibit",
        "exhibit.siblings.length == 0 || Wh.unwrap(exhibit.filled) == Wh.unwrap(filled), Clearing_WrongExhibit",
    ),
    Mutant(
        "a challenge by a trade of nobody's",
        "Clearing",
        CLEARING,
        "Wh.unwrap(filled) == 0 || exhibit.root == _contest.chunkRoots[id][at.chunk],",
        "true,",
    ),
    Mutant(
        "a proof of trades that are not the proposal's",
        "Clearing",
        CLEARING,
        "require(part.trades == trades, Clearing_WrongTrades(part.trades, trades));",
        "",
    ),
    Mutant(
        "a part released that trades",
        "Releases",
        RELEASES,
        "bound[i] = CLEARING.filledOf(last, order, whole);",
        "",
    ),
    Mutant(
        "a bond paid twice",
        "Clearing",
        CONTEST,
        "stored.status = IClearing.Status.Refuted;",
        "",
    ),
    Mutant(
        "a bond paid in full and burnt in part",
        "Accounts",
        ACCOUNTS,
        "_wallets[challenger].give(_narrow(reward + open))",
        "_wallets[challenger].give(_narrow(points))",
    ),
    Mutant(
        "a burnt part that stays in custody",
        "Accounts",
        ACCOUNTS,
        "POINTS.burn(Points.unwrap(burnt));",
        "",
    ),
    Mutant(
        "a bond kept from who was outranked",
        "Clearing",
        CONTEST,
        "accounts.releaseBond(other.agent, Points.wrap(other.bond));",
        "",
    ),
    Mutant(
        "one endorsement less than the market asks for",
        "Clearing",
        ENDORSEMENTS,
        "votes.count() >= needed,",
        "votes.count() + 1 >= needed,",
    ),
    Mutant(
        "an endorsement counted twice",
        "Clearing",
        COMMITTEE,
        "return (word >> seat == 0, Votes.wrap(word | (1 << seat)));",
        "return (true, Votes.wrap(word << 1 | 1));",
    ),
    Mutant(
        "an endorsement by anybody",
        "Clearing",
        ENDORSEMENTS,
        "Signatures.isValid(endorsers[seat], digest, endorsements[i].signature),",
        "Signatures.recover(digest, endorsements[i].signature) != address(0),",
    ),
    Mutant(
        "an endorsement that does not name the agent",
        "Clearing",
        ENDORSEMENTS,
        "proposal.market, proposal.agent, trades,",
        "proposal.market, trades,",
    ),
    Mutant(
        "an endorsement that does not name the objective",
        "Clearing",
        ENDORSEMENTS,
        "trades, proposal.objective));",
        "trades));",
    ),
    Mutant(
        "endorsers who are not those of the market",
        "Clearing",
        ENDORSEMENTS,
        "require(keccak256(abi.encode(endorsers)) == listed, IClearing.Clearing_WrongEndorsers(market));",
        "",
    ),
    Mutant(
        "a draft proven past the endorsers",
        "Clearing",
        CLEARING,
        "(stored.status == Status.Draft && terms.endorsements() == 0),",
        "stored.status == Status.Draft,",
    ),
    Mutant(
        "a round cleared past the endorsers",
        "Clearing",
        CLEARING,
        "require(terms.endorsements() == 0, Clearing_TooFewEndorsements(market, 0, terms.endorsements()));",
        "",
    ),
    Mutant(
        "an equal proposal that outranks",
        "Clearing",
        CONTEST,
        "bool better = stored.objective > other.objective",
        "bool better = stored.objective >= other.objective",
    ),
    Mutant(
        "a higher objective that refutes nothing",
        "Clearing",
        CONTEST,
        "if (isExact(other) && self.proposals[by].objective > other.objective) {",
        "if (false) {",
    ),
    Mutant(
        "a refuted round finalised",
        "Clearing",
        CLEARING,
        f"{FINALIZE} == Status.Active, Clearing_WrongStatus(id, stored.status));",
        f"{FINALIZE} >= Status.Active, Clearing_WrongStatus(id, stored.status));",
    ),
    Mutant(
        "a round final before its window is over",
        "Clearing",
        CLEARING,
        "require(block.timestamp >= stored.finalFrom, Clearing_WindowOpen(id, stored.finalFrom));",
        "",
    ),
    Mutant(
        "a round without a certificate that waits for nobody",
        "Clearing",
        CONTEST,
        "if (!isExact(stored) && from <= finalBy) from = finalBy + 1;",
        "",
    ),
    Mutant(
        "orders released under an active proposal",
        "Releases",
        RELEASES,
        "(CLEARING.activeOf(market) == 0 && block.timestamp > CLEARING.finalByOf(market));",
        "block.timestamp > CLEARING.finalByOf(market);",
    ),
    Mutant(
        "a refutation that leaves no time for another proposal",
        "Clearing",
        CONTEST,
        "(latest.finalBy, latest.extensions) = (uint40(until), latest.extensions + 1);",
        "",
    ),
    Mutant(
        "a one-to-one trade that holds the whole reservation",
        "SatisfactionMatching",
        LEGS,
        "return valueDown(pair.energy, pair.buy.price());",
        "return valueDown(pair.buy.energy(), pair.buy.price());",
    ),
    Mutant(
        "a release in part that frees too much",
        "OrderBook",
        BOOK,
        "valueDown(order.energy(), order.price()) - valueDown(traded, order.price());",
        "valueDown(order.energy(), order.price());",
    ),
    Mutant(
        "a reservation that is not released",
        "OrderBook",
        BOOK,
        "uint256 count = returned.count++;",
        "uint256 count = returned.count;",
    ),
    Mutant(
        "an order of a suspended trader",
        "OrderBook",
        BOOK,
        "require(admission.isActive(), Order_TraderNotActive(i, order.trader()));",
        "",
    ),
    Mutant(
        "a nonce used twice",
        "Accounts",
        ACCOUNTS,
        "if (!isNew) _refuseNonce(trader, Side.Buy, wallet.nonces(), order.nonce());",
        "",
    ),
    Mutant(
        "a cancelled sell order that leaves its nonce",
        "OrderBook",
        BOOK,
        "ACCOUNTS.cancelNonces(msg.sender, Side.Sell, page, mask);",
        "",
    ),
    Mutant(
        "a cancelled sell order relayed again",
        "Accounts",
        ACCOUNTS,
        "if (!isNew) _refuseNonce(trader, Side.Sell, nonces, order.nonce());",
        "",
    ),
    Mutant(
        "a device that sells a slot twice",
        "DeviceRegistry",
        DEVICES,
        "require(mark & UNDECIDED == 0, Device_Undecided(index, id, side, slot));",
        "",
    ),
    Mutant(
        "an order decided twice",
        "DeviceRegistry",
        DEVICES,
        "require(undecided && Wh.unwrap(have) == Wh.unwrap(before), Device_NotUndecided(id, side, slot, before));",
        "",
    ),
    Mutant(
        "a share of the export certified twice",
        "Settlement",
        SETTLEMENT,
        "if ((bits >> CERTIFIED) & 1 != 0) continue;",
        "",
    ),
    Mutant(
        "a surplus certified while an order is undecided",
        "Metering",
        METERING,
        "require(!undecided, Metering_Undecided(device, slot));",
        "",
    ),
    Mutant(
        "a surplus that forgets what was sold",
        "Metering",
        METERING,
        "lotId(device, slot), exported - sold);",
        "lotId(device, slot), exported);",
    ),
    Mutant(
        "a page of nonces that is not closed",
        "Accounts",
        "contracts/types/Nonces.sol",
        "return (page > open && page <= open + MOST_PAGES, ",
        "return (page <= open + MOST_PAGES, ",
    ),
    Mutant(
        "a trade settled twice by a proof",
        "Settlement",
        SETTLEMENT,
        "isOpen = (ends >> traded.position.index) & 1 == 0;",
        "isOpen = true;",
    ),
    Mutant(
        "a trade settled twice in its chunk",
        "Settlement",
        SETTLEMENT,
        "_totalsOf(round, copies), ~ends);",
        "_totalsOf(round, copies), type(uint256).max);",
    ),
    Mutant(
        "a refund before its time",
        "Settlement",
        SETTLEMENT,
        "require(block.timestamp >= round.refundFrom,",
        "require(block.timestamp >= round.terms.deliverySlot().startAt(),",
    ),
    Mutant(
        "a rest of the reservation that stays held",
        "Accounts",
        "contracts/types/Wallets.sol",
        "uint96(word >> 96) - points;",
        "uint96(word >> 96) - back;",
    ),
    Mutant(
        "certificates minted twice",
        "Metering",
        METERING,
        "require(!isIssued(device, slot), Metering_AlreadyIssued(device, slot));",
        "",
    ),
    Mutant(
        "the surplus of a device certified with each sale",
        "Metering",
        METERING,
        "if (isIssued(device, slot)) return Wh.wrap(0);",
        "",
    ),
    Mutant(
        "a short export that is not shared",
        "Metering",
        METERING,
        "left.cumulativeShare(filled, energy, total)",
        "left.minWh(energy)",
    ),
    Mutant(
        "a short export that is shared in proportion, each part rounded down",
        "Metering",
        METERING,
        "left.cumulativeShare(filled, energy, total)",
        "left.proRataDown(energy, total)",
    ),
    Mutant(
        "certificates for more than was delivered",
        "Metering",
        METERING,
        "gathered.sell(trade.buyer(), id, used);",
        "gathered.sell(trade.buyer(), id, trade.energy());",
    ),
    Mutant(
        "a reading that anybody signs",
        "Metering",
        METERING,
        "if (signer != terms.key() || signer == address(0)) revert",
        "if (signer == address(0)) revert",
    ),
    Mutant(
        "a counter that falls",
        "Metering",
        "contracts/metering/libraries/ReadingRules.sol",
        "if (lastCounter > counter - energy) {",
        "if (false) {",
    ),
    Mutant(
        "certificates of a device that nobody certified",
        "Metering",
        METERING,
        "require(since != 0 && since <= startAt, Metering_NotCertified(device));",
        "require(since <= startAt, Metering_NotCertified(device));",
    ),
    Mutant(
        "certificates from before the certification",
        "Metering",
        METERING,
        "require(since != 0 && since <= startAt, Metering_NotCertified(device));",
        "require(since != 0, Metering_NotCertified(device));",
    ),
    Mutant(
        "a surplus of a stopped device",
        "Metering",
        METERING,
        "require(startAt < until, Metering_Stopped(device, startAt, until));",
        "",
    ),
    Mutant(
        "a stopped device that certifies by its last reading",
        "Metering",
        METERING,
        "meter.mintsNothing = startAt >= terms.mintsUntil();",
        "meter.mintsNothing = false;",
    ),
    Mutant(
        "a stopped device that certifies by a proof",
        "Metering",
        METERING,
        "deal.mintsNothing = slot.startAt() >= DEVICES.meterTermsOf(device).mintsUntil();",
        "",
    ),
    Mutant(
        "a device that is stopped from the slot before on",
        "DeviceRegistry",
        DEVICES,
        "asStopped(uint40(block.timestamp));",
        "asStopped(uint40(block.timestamp - BASE_INTERVAL));",
    ),
    Mutant(
        "a surplus of a suspended owner, issued",
        "Metering",
        METERING,
        "require(!PARTICIPANTS.isSuspendedAt(owner, startAt), Metering_OwnerSuspended(device, startAt, owner));",
        "",
    ),
    Mutant(
        "a surplus of a suspended owner, delivered",
        "Metering",
        METERING,
        " || PARTICIPANTS.isSuspendedAt(trade.seller(), deal.slot.startAt())) return;",
        ") return;",
    ),
    Mutant(
        "a suspension that began when it ends",
        "ParticipantRegistry",
        "contracts/registry/ParticipantRegistry.sol",
        "_ends[account].push(uint48(block.timestamp), until);",
        "_ends[account].push(uint48(until), until);",
    ),
    Mutant(
        "a vote for another device",
        "DeviceRegistry",
        DEVICES,
        "require(content == have, Device_OtherContent(id, have, content));",
        "",
    ),
    Mutant(
        "a device decertified by one auditor",
        "DeviceRegistry",
        DEVICES,
        "emit DecertificationVoted(id, msg.sender, motion, count);\n        if (count == PARTICIPANTS.threshold()) {",
        "emit DecertificationVoted(id, msg.sender, motion, count);\n        if (count != 0) {",
    ),
    Mutant(
        "a stopped device that sells on",
        "DeviceRegistry",
        DEVICES,
        "_devices[id].terms = terms.asRetired();",
        "",
    ),
    Mutant(
        "a slot reported twice",
        "Metering",
        METERING,
        "if (startAt <= meter.startAt)",
        "if (startAt < meter.startAt)",
    ),
)


@pytest.fixture(scope="module")
def compiled(request):
    """The contracts of each bug; the compiler works on the next ones while the machine looks for one."""
    chosen = [item.callspec.params["mutant"] for item in request.session.items if item.path == request.path]
    with ThreadPoolExecutor(1) as compiler:
        yield {mutant: compiler.submit(mutant.artifacts) for mutant in chosen}
        compiler.shutdown(cancel_futures=True)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    community = community_on(EvmChain(largest_code=1 << 16), artifacts=compiled[mutant].result())
    with pytest.raises((AssertionError, ContractError)) as found:
        run_machine(community, EXAMPLES, STEPS, shrink=False, derandomize=True)
    print(f"{mutant.name}: {found.value}")
