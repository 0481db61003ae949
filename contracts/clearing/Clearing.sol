// SPDX-License-Identifier: MIT
pragma solidity ^0.8.27;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IAccounts} from "../../interfaces/accounts/IAccounts.sol";
import {IClearing} from "../../interfaces/clearing/IClearing.sol";
import {IMechanism} from "../../interfaces/clearing/IMechanism.sol";
import {IRefutations} from "../../interfaces/clearing/IRefutations.sol";
import {IMarkets} from "../../interfaces/market/IMarkets.sol";
import {ContestTerms} from "../types/Markets.sol";
import {OrderId, PackedOrder, energyOf} from "../types/Orders.sol";
import {PackedTrade, TradePosition} from "../types/Trades.sol";
import {Wh} from "../types/Units.sol";
import {CallData} from "./libraries/CallData.sol";
import {ChunkAnswer, ChunkAnswers} from "./libraries/ChunkAnswer.sol";
import {Contest} from "./libraries/Contest.sol";
import {Endorsements} from "./libraries/Endorsements.sol";

/// @title Clearing
/// @notice See IClearing for the specification.
contract Clearing is IClearing, EIP712 {
    using Contest for Contest.State;

    /// @inheritdoc IClearing
    uint256 public constant MOST_MECHANISMS = 4;

    IMarkets public immutable MARKETS;
    IAccounts private immutable ACCOUNTS;
    IRefutations private immutable REFUTATIONS;
    /// @dev The mechanisms, by their number in a market's rules. A word of storage would cost each proposal 2 100 gas.
    IMechanism private immutable MECHANISM_0;
    IMechanism private immutable MECHANISM_1;
    IMechanism private immutable MECHANISM_2;
    IMechanism private immutable MECHANISM_3;

    Contest.State private _contest;

    /// @param markets The rules.
    /// @param accounts Where bonds are held.
    /// @param refutations Who knew first that a proposal is false.
    /// @param mechanisms The mechanisms, by their number in a market's rules.
    constructor(address markets, address accounts, address refutations, IMechanism[] memory mechanisms)
        EIP712("PowerPact", "1")
    {
        MARKETS = IMarkets(markets);
        ACCOUNTS = IAccounts(accounts);
        REFUTATIONS = IRefutations(refutations);
        uint256 count = mechanisms.length;
        require(count != 0 && count <= MOST_MECHANISMS, Clearing_BadMechanisms(count, MOST_MECHANISMS));
        IMechanism none = IMechanism(address(0));
        MECHANISM_0 = mechanisms[0];
        MECHANISM_1 = count > 1 ? mechanisms[1] : none;
        MECHANISM_2 = count > 2 ? mechanisms[2] : none;
        MECHANISM_3 = count > 3 ? mechanisms[3] : none;
    }

    // Proposing

    /// @inheritdoc IClearing
    function propose(bytes32 market, PricedOrder[] calldata, Link[] calldata, bytes calldata prices)
        external
        returns (uint64 id)
    {
        id = _contest.begin(market, _openRound(market), prices);
        _addChunk(id, IMechanism.judge.selector);
    }

    /// @inheritdoc IClearing
    function proposeBatches(
        bytes32 market,
        PackedOrder[][] calldata,
        PricedId[] calldata,
        Link[] calldata,
        bytes calldata prices
    ) external returns (uint64 id) {
        id = _contest.begin(market, _openRound(market), prices);
        _addChunk(id, IMechanism.judgeBatches.selector);
    }

    /// @inheritdoc IClearing
    function extend(uint64 id, PricedOrder[] calldata, Link[] calldata links, bytes calldata prices) external {
        // The terms are for the mechanism.
        // slither-disable-next-line unused-return
        (Proposal storage stored,) = _ownProposal(id);
        require(stored.status == Status.Draft, Clearing_WrongStatus(id, stored.status));
        require(stored.provenRows == 0, Clearing_ProofBegun(id, stored.provenRows));
        require(links.length != 0, Clearing_EmptyChunk());
        _requirePrices(id, stored, prices);
        _addChunk(id, IMechanism.judge.selector);
    }

    // Sealing and refuting

    /// @inheritdoc IClearing
    function seal(uint64 id, Support calldata support, Exhibit[] calldata shown, bytes calldata prices) external {
        (Proposal storage stored, ContestTerms terms) = _ownProposal(id);
        require(
            stored.status == Status.Draft || stored.status == Status.Outranked, Clearing_WrongStatus(id, stored.status)
        );
        require(terms.challengeWindow() != 0, Clearing_ProofOnly(stored.market));
        if (terms.endorsements() != 0) _requireEndorsed(id, terms.endorsements(), support);
        _requirePrices(id, stored, prices);
        _requireShown(id, shown);
        if (stored.hasPrices) _ask(id, IMechanism.complete.selector);

        _contest.stand(id, terms, ACCOUNTS, REFUTATIONS);
    }

    /// @inheritdoc IClearing
    function challenge(uint64 id, Exhibit[] calldata shown, bytes calldata prices) external {
        Proposal storage stored = _contest.proposals[id];
        require(stored.status == Status.Active, Clearing_WrongStatus(id, stored.status));
        requireRefuted(id, shown, prices);

        bytes32 market = stored.market;
        _contest.reopen(market, MARKETS.contestTermsOf(market));
        _contest.refute(id, ACCOUNTS, REFUTATIONS);
    }

    /// @inheritdoc IClearing
    function requireRefuted(uint64 id, Exhibit[] calldata shown, bytes calldata prices) public view {
        _requirePrices(id, _contest.proposals[id], prices);
        _requireShown(id, shown);
        _ask(id, IMechanism.refute.selector);
    }

    // The end of a round

    /// @inheritdoc IClearing
    function finalize(uint64 id) external {
        Proposal storage stored = _contest.proposals[id];
        require(stored.status == Status.Active, Clearing_WrongStatus(id, stored.status));
        require(block.timestamp >= stored.finalFrom, Clearing_WindowOpen(id, stored.finalFrom));
        _contest.finish(id, ACCOUNTS, REFUTATIONS);
    }

    /// @inheritdoc IClearing
    function prove(
        uint64 id,
        PackedOrder[][] calldata,
        PackedTrade[][] calldata,
        Part calldata part,
        bytes calldata prices
    ) external {
        (Proposal storage stored, ContestTerms terms) = _ownProposal(id);
        require(
            stored.status == Status.Active || (stored.status == Status.Draft && terms.endorsements() == 0),
            Clearing_WrongStatus(id, stored.status)
        );
        require(part.from == stored.provenRows, Clearing_WrongRow(id, part.from, stored.provenRows));
        bytes32 trades = tradesHash(id);
        require(part.trades == trades, Clearing_WrongTrades(part.trades, trades));
        _requireExact(id, stored);
        _requirePrices(id, stored, prices);
        bytes memory answer = _ask(id, IMechanism.prove.selector);
        (uint256 to, uint256 count) = abi.decode(answer, (uint256, uint256));
        _prove(id, to, count);
    }

    /// @inheritdoc IClearing
    function clear(
        bytes32 market,
        PackedOrder[][] calldata,
        PricedId[] calldata,
        Link[] calldata,
        bytes calldata prices
    ) external returns (uint64 id) {
        ContestTerms terms = _openRound(market);
        require(terms.endorsements() == 0, Clearing_TooFewEndorsements(market, 0, terms.endorsements()));
        id = _contest.begin(market, terms, prices);
        uint256 rows = _addChunk(id, IMechanism.proveAtOnce.selector);
        _requireExact(id, _contest.proposals[id]);
        _prove(id, rows, rows);
    }

    // Looking up

    /// @inheritdoc IClearing
    function proposal(uint64 id) external view returns (Proposal memory) {
        return _contest.proposals[id];
    }

    /// @inheritdoc IClearing
    function proposalCount() external view returns (uint64) {
        return _contest.count;
    }

    /// @inheritdoc IClearing
    function finalOf(bytes32 market) public view returns (uint64) {
        return _contest.latest[market].last;
    }

    /// @inheritdoc IClearing
    function activeOf(bytes32 market) external view returns (uint64) {
        return _contest.latest[market].active;
    }

    /// @inheritdoc IClearing
    function finalByOf(bytes32 market) public view returns (uint40) {
        return uint40(_contest.lastMoment(market, MARKETS.contestTermsOf(market)));
    }

    /// @inheritdoc IClearing
    function finalRound(bytes32 market) external view returns (uint64 id, address agent) {
        id = finalOf(market);
        require(id != 0, Clearing_NotFinal(market));
        agent = _contest.proposals[id].agent;
    }

    /// @inheritdoc IClearing
    function chunkRoot(uint64 id, uint32 chunk) external view returns (bytes32) {
        return _contest.chunkRoots[id][chunk];
    }

    /// @inheritdoc IClearing
    function filledOf(uint64 id, OrderId order, Wh whole) external view returns (Wh) {
        return _contest.filledOf(id, order, whole);
    }

    /// @inheritdoc IClearing
    function tradesHash(uint64 id) public view returns (bytes32) {
        return keccak256(abi.encodePacked(_contest.rootsOf(id)));
    }

    /// @inheritdoc IClearing
    function mechanismAt(uint8 number) public view returns (IMechanism mechanism) {
        if (number == 0) mechanism = MECHANISM_0;
        else if (number == 1) mechanism = MECHANISM_1;
        else if (number == 2) mechanism = MECHANISM_2;
        else if (number == 3) mechanism = MECHANISM_3;
        require(address(mechanism) != address(0), Clearing_UnknownMechanism(number));
    }

    /// @dev The terms of a market whose gate is closed, whose time is not over and that is not final.
    function _openRound(bytes32 market) private view returns (ContestTerms terms) {
        terms = MARKETS.contestTermsOf(market);
        require(block.timestamp >= terms.closesAt(), Clearing_GateOpen(market, terms.closesAt()));
        uint256 finalBy = _contest.lastMoment(market, terms);
        require(block.timestamp <= finalBy, Clearing_TooLate(market, uint40(finalBy)));
        uint64 last = finalOf(market);
        require(last == 0, Clearing_AlreadyFinal(market, last));
    }

    function _ownProposal(uint64 id) private view returns (Proposal storage stored, ContestTerms terms) {
        stored = _contest.proposals[id];
        require(stored.status != Status.None, Clearing_UnknownProposal(id));
        require(stored.agent == msg.sender, Clearing_NotAgent(id, stored.agent, msg.sender));
        terms = _openRound(stored.market);
    }

    function _mechanismOf(Proposal storage stored) private view returns (IMechanism) {
        return mechanismAt(stored.mechanism);
    }

    /// @dev Ask the mechanism of a proposal about the orders and trades of this call.
    function _ask(uint64 id, bytes4 question) private view returns (bytes memory answer) {
        Proposal storage stored = _contest.proposals[id];
        return CallData.ask(address(_mechanismOf(stored)), question, stored.market);
    }

    /// @dev Add the chunk in the calldata of this call; how many orders it proves.
    function _addChunk(uint64 id, bytes4 question) private returns (uint256 rows) {
        ChunkAnswer answer = ChunkAnswers.answerIn(_ask(id, question));
        _contest.addChunk(id, answer);
        return answer.rows();
    }

    function _prove(uint64 id, uint256 to, uint256 count) private {
        _contest.proposals[id].provenRows = uint32(to);
        emit PairsProven(id, uint32(to), uint32(count));
        if (to == count) _contest.finish(id, ACCOUNTS, REFUTATIONS);
    }

    /// Reverts if: `prices` are not the public prices of the proposal.
    function _requirePrices(uint64 id, Proposal storage stored, bytes calldata prices) private view {
        bool isRight = stored.hasPrices ? keccak256(prices) == _contest.prices[id] : prices.length == 0;
        require(isRight, Clearing_WrongPrices(id));
    }

    /// Reverts if: fewer than `needed` of the market's endorsers signed the proposal.
    function _requireEndorsed(uint64 id, uint256 needed, Support calldata support) private view {
        Proposal storage stored = _contest.proposals[id];
        bytes32 listed = MARKETS.endorsersOf(stored.market);
        bytes32 digest = _hashTypedDataV4(Endorsements.structHash(stored, tradesHash(id)));
        Endorsements.check(stored.market, needed, listed, digest, support);
    }

    function _requireExact(uint64 id, Proposal storage stored) private view {
        require(Contest.isExact(stored), Clearing_NotExact(id, stored.objective, stored.bound));
    }

    /// @dev Compare what is shown with the proposal. Whether an order is in the book, and a trade under its root, is for the
    /// mechanism to see.
    /// Reverts if: the fill of an order is another; an order trades, and the root is not that of the trade's chunk.
    function _requireShown(uint64 id, Exhibit[] calldata shown) private view {
        for (uint256 i = 0; i < shown.length; ++i) {
            Exhibit calldata exhibit = shown[i];
            OrderId order = exhibit.placed.id;
            Wh filled = _contest.filledOf(id, order, energyOf(exhibit.placed.order.head));
            require(
                Wh.unwrap(exhibit.filled) == Wh.unwrap(filled), Clearing_WrongExhibit(order, exhibit.filled, filled)
            );
            TradePosition calldata at = exhibit.position;
            require(
                Wh.unwrap(filled) == 0 || exhibit.root == _contest.chunkRoots[id][at.chunk],
                Clearing_UnknownTrade(at.chunk, at.index)
            );
        }
    }
}
