"""Gas of each step of a trade, measured on a node with typical rounds.

Everything is fixed: keys, orders, the time of each block. The same contracts give the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.local.node import Node
from powerpact.mechanisms.satisfaction.round import Solution
from powerpact.mechanisms.satisfaction.solver import solve
from testkit.chains import GENESIS_TIME, NodeChain, Receipt
from testkit.gas.typical import CREDIBILITIES_PPM, open_typical_market, typical_buyer, typical_seller
from testkit.mandates import Gateway, mandate_of
from testkit.market import SLOT_LENGTH_S, Community, TestMarket, key

SEED = 2026
HARDFORK = "prague"
PURSE_UPOINTS = 500_000_000
FOUR_SLOTS_S = 4 * SLOT_LENGTH_S

Gas = dict[str, int]
"""Gas by what it is for, in words."""


@contextmanager
def measuring_chain(hardfork: str = HARDFORK) -> Iterator[NodeChain]:
    """A node whose every block has a fixed time, with the cap of EIP-7825 on transactions."""
    with Node(hardfork=hardfork, base_fee_wei=0, timestamp_s=GENESIS_TIME, tx_gas_limit=True) as node:
        yield NodeChain(node.rpc_url)


def code_sizes() -> Gas:
    """Bytes of code that each contract has on the chain."""
    return {name: len(artifact(name).runtime) for name in CONTRACTS}


class GasMeter:
    """Runs rounds of `size` buyers and `size` sellers and notes what each step costs.

    Parameters
    ----------
    chain : NodeChain
        An empty chain.
    size : int
        Orders of each side, which are one batch, and trades.
    """

    def __init__(self, chain: NodeChain, size: int) -> None:
        self.chain = chain
        self.size = size
        self.random = Random(SEED)
        self.gas: Gas = {}
        self.community = Community(chain, 2 * size, CREDIBILITIES_PPM)
        self.buyers = self.community.traders[:size]
        self.sellers = self.community.traders[size:]
        self.challenger = key("challenger")

    def measure(self) -> Gas:
        """Measure every step.

        Returns
        -------
        dict
            Gas by step. The first round uses wallets, nonce words and track records for the first time, the later
            ones are the steady state; each is settled in one transaction.
        """
        self._money()
        self._round(0, lambda energy_wh: energy_wh, first=True)
        full = self._round(1, lambda energy_wh: energy_wh)
        surplus = self._round(2, lambda energy_wh: energy_wh + 137)
        short = self._round(3, lambda energy_wh: energy_wh * 8 // 10)
        self._note_settlement("delivered in full", full)
        self._note_settlement("with surplus", surplus)
        self._note_settlement("with shortfall", short)
        self._single_steps()
        self._mandates()
        self._sums()
        return self.gas

    def _note(self, what: str, gas: int, items: int = 1) -> None:
        self.gas[what] = round(gas / items)

    def _money(self) -> None:
        for trader in self.community.traders:
            first = self.community.endow(trader, PURSE_UPOINTS, PURSE_UPOINTS // 4)
        self._note("deposit into a new wallet", first.gas_used)
        someone = self.buyers[0].account
        again = self.community.send(someone, "Accounts", "deposit", PURSE_UPOINTS // 2)
        self._note("deposit", again.gas_used)
        withdrawal = self.community.send(someone, "Accounts", "withdraw", PURSE_UPOINTS // 8, someone.address)
        self._note("withdraw", withdrawal.gas_used)
        self.community.fund(self.community.agent, PURSE_UPOINTS)
        self.community.fund(self.challenger, PURSE_UPOINTS, 1)

    def _round(self, number: int, exported_wh: Callable[[int], int], *, first: bool = False) -> Receipt:
        """One round, from its orders to its settlement."""
        size, community = self.size, self.community
        market = open_typical_market(community)
        ending = ", first use" if first else ""
        buys = [typical_buyer(community, market, i, number, self.random) for i in range(size)]
        sells = [typical_seller(community, market, size + i, number, self.random) for i in range(size)]
        self._note(f"post a signed buy order{ending}", market.post(buys, self.buyers).gas_used, size)
        self._note(f"post a signed sell order{ending}", market.post(sells, self.sellers).gas_used, size)
        market.close()
        solution = solve(market.round())
        if len(solution.trades) != size:
            raise RuntimeError(f"round {number} has {len(solution.trades)} trades, not {size}: choose another SEED")
        closed = self.chain.snapshot()
        market.propose(market.claims(solution))
        self._prove(market)
        self.chain.revert(closed)
        self._challenge(market, solution)
        self.chain.undo(closed)
        at_once = market.clear_at_once(market.links(solution)).gas_used
        self._note("propose and prove a trade at once", at_once, size)
        readings = {trade.device: exported_wh(trade.energy_wh) for _, _, trade in market.trades()}
        self._note(f"report a reading{ending}", market.report(readings).gas_used, size)
        receipt = market.settle()
        self._note(f"settle a trade{ending}", receipt.gas_used, size)
        return receipt

    def _challenge(self, market: TestMarket, solution: Solution) -> None:
        """A round in challenge mode: sealed, refuted with the best order hidden, sealed aright, final."""
        best = max(solution.trades, key=lambda trade: trade.score_ppm)
        false = solve(market.round(without=[int(best.buyer)]))
        market.propose(market.claims(false))
        market.seal()
        challenged = market.challenge(*market.refuting_pair(false), challenger=self.challenger)
        self._note("challenge a proposal", challenged.gas_used)
        drafted = self.chain.snapshot()
        with_proofs = market.propose(market.claims(solution)).gas_used
        self._note("propose a trade, each order with its proof", with_proofs, self.size)
        self.chain.undo(drafted)
        proposed = market.propose_batches(market.links(solution)).gas_used
        sealed = market.seal().gas_used
        self.chain.warp(self.chain.now() + market.rules.challenge_window_s)
        final = market.finalize()
        self._note("propose a trade", proposed, self.size)
        self._note("seal a proposal", sealed)
        self._note("make a sealed proposal final", final.gas_used)
        self._note("prove a trade by challenge and lock its money", proposed + sealed + final.gas_used, self.size)

    def _prove(self, market: TestMarket) -> None:
        """Split the exhaustive proof into loading the orders, checking pairs, and making the round final."""
        size = self.size
        start = self.chain.snapshot()
        whole = market.prove()
        self.chain.undo(start)
        load = market.prove(0).gas_used
        pairs = market.prove(size).gas_used  # The rows of all buyers; those of the sellers are left.
        self._note("prove: load an order and its dual price", load, 2 * size)
        self._note("prove: check a pair", pairs - load, size * size)
        self._note("prove: make the round final", whole.gas_used - pairs)
        self._note("prove a trade exhaustively", whole.gas_used, size)

    def _note_settlement(self, how: str, receipt: Receipt) -> None:
        """Split a settlement into payment and certificates."""
        deliveries = self._inside(receipt, "Deliveries")
        certificates = sum(int(call["gasUsed"], 16) for call in deliveries)
        minting = sum(
            int(inner["gasUsed"], 16) for call in deliveries for inner in self._calls(call, "GreenCertificates")
        )
        self._note(f"settle a trade {how}", receipt.gas_used, self.size)
        self._note(f"of that: payment, {how}", receipt.gas_used - certificates, self.size)
        self._note(f"of that: reading and certificates, {how}", certificates, self.size)
        self._note(f"of that: certificates moved, {how}", minting, self.size)

    def _single_steps(self) -> None:
        """Steps that are separate transactions."""
        community, number = self.community, 4
        market = open_typical_market(community)
        buys = [typical_buyer(community, market, i, number, self.random) for i in range(4)]
        sells = [typical_seller(community, market, self.size + i, number, self.random) for i in range(2)]
        self._note("place a buy order directly", market.place(self.buyers[0], buys[0]).gas_used)
        self._note("place a sell order directly", market.place(self.sellers[0], sells[0]).gas_used)
        market.post(buys[1:] + sells[1:], [*self.buyers[1:4], self.sellers[1]])
        self._note("cancel a buy order", market.cancel(self.buyers[3], 2 << 8 | 2).gas_used)
        solution = market.clear(solve)
        if len(solution.trades) != 2:
            raise RuntimeError(f"the last round has {len(solution.trades)} trades, not 2: choose another SEED")
        traded = {int(trade.buyer) for trade in solution.trades}
        unsold = next(id_ for id_, order in market.orders().items() if not order.side and id_ not in traded)
        self._note("release an order that did not trade", market.release([unsold]).gas_used)
        trade = market.chunks[0][0]
        parties = [account for account in self._parties() if account.address in (trade.buyer, trade.seller)]
        self._vetoes(market)
        self._note("settle a trade by two signatures", market.settle_agreed((0, 0), 1, parties).gas_used)
        self.chain.warp(market.rules.refund_from)
        self._note("refund a trade", market.refund([(0, 1)]).gas_used)

    def _vetoes(self, market: TestMarket) -> None:
        """What auditors say about a trade before its slot, undone afterwards."""
        before = self.chain.snapshot()
        first, last = self.community.auditors[:2]
        self._note("flag a trade", market.flag((0, 0), first).gas_used)
        self._note("vote to veto a trade", market.veto((0, 0), first).gas_used)
        self._note("veto a trade by the deciding vote", market.veto((0, 0), last).gas_used)
        self.chain.undo(before)

    def _mandates(self) -> None:
        """Orders that gateways sign: of a slot whose mandates' words are in use, and of one whose are not."""
        gateways: list[Gateway] = []
        for k, what in enumerate((", first of four slots", "")):
            start = (self.community.next_slot() // FOUR_SLOTS_S + 1) * FOUR_SLOTS_S + k * SLOT_LENGTH_S
            market = open_typical_market(self.community, slot_start=start)
            orders = [typical_buyer(self.community, market, i, 0, Random(i)) for i in range(self.size)]
            if not gateways:
                for buyer, order in zip(self.buyers, orders, strict=True):
                    delegate = key(f"gateway of {buyer.address}")
                    gateways.append(Gateway(market, buyer, delegate, mandate_of(market, buyer, delegate, order)))
                receipts = [gateway.register() for gateway in gateways]
                self._note("register a mandate", receipts[-1].gas_used)
            signed = [gateway.signed(order, market) for gateway, order in zip(gateways, orders, strict=True)]
            receipt = market.post_mandated(*map(list, zip(*signed, strict=True)))
            self._note(f"post a mandated buy order{what}", receipt.gas_used, self.size)
        self._note("revoke a mandate", gateways[0].revoke().gas_used)

    def _parties(self) -> list[Any]:
        return [trader.account for trader in self.community.traders]

    def _sums(self) -> None:
        """One trade from two signed orders to payment and certificates; then what its round and its meter add."""
        gas = self.gas
        orders = gas["post a signed buy order"] + gas["post a signed sell order"]
        proven = gas["prove a trade by challenge and lock its money"]
        self._note("sum: two signed orders, a trade proven and its money locked", orders + proven)
        for how in ("delivered in full", "with surplus", "with shortfall"):
            settled = gas[f"settle a trade {how}"]
            at_once = orders + gas["propose and prove a trade at once"] + settled
            self._note(f"sum: a trade {how}", orders + proven + settled)
            self._note(f"sum: a trade {how}, and its reading", orders + proven + settled + gas["report a reading"])
            self._note(f"sum: a trade {how}, its round proven exhaustively", at_once)

    def _inside(self, receipt: Receipt, contract: str) -> list[dict[str, Any]]:
        return self._calls(self.chain.trace(receipt.transaction_hash), contract)

    def _calls(self, call: dict[str, Any], contract: str) -> list[dict[str, Any]]:
        address = self.community.addresses[contract].lower()
        return [inner for inner in call.get("calls", []) if inner["to"].lower() == address]
