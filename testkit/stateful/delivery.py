"""Rules of delivery: readings, the three ways to end a trade, released orders, certificates."""

from __future__ import annotations

from collections import Counter

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from powerpact.market.orders import Side
from powerpact.market.trades import MAX_CHUNK, Trade
from powerpact.units import value_down_upoints
from testkit.chains import Receipt
from testkit.invariants import holds
from testkit.market import Trader
from testkit.stateful.ghostmarket import GhostMarket, Position
from testkit.stateful.lots import Lot, hour_from, lot_id
from testkit.stateful.misreading import MisreadingRules
from testkit.stateful.stage import CAPACITY_WH, INDICES, PERCENTS, RUNS, TRADERS, refused

UNSOLD_WH = 1_000
"""Of which a share is measured if nothing was traded."""

MOST_GAS = 16_777_216
"""Of a transaction (EIP-7825)."""

STANDARDS = (bytes.fromhex("01ffc9a7"), bytes.fromhex("d9b67a26"))
"""ERC-165 and ERC-1155, by the ids of their interfaces."""

FIXED_GAS = 100_000
"""Of settling a chunk, beside its trades."""


class DeliveryRules(MisreadingRules):
    """Report, settle, agree, refund, release; issue, transfer and retire certificates."""

    @precondition(lambda self: self.markets(lambda m: self.is_over(m) and self._unreported(m)))
    @rule(which=INDICES, percents=PERCENTS, silent=INDICES)
    def report(self, which, percents, silent):
        """Readings of a slot, of all devices or of all but one: more than was sold, less, or nothing."""
        choices = self.markets(lambda m: self.is_over(m) and self._unreported(m))
        market = choices[which % len(choices)]
        self._report(market, percents, silent)

    def _report(self, market: GhostMarket, percents: list[int], silent: int) -> None:
        devices = [device for i, device in enumerate(self._unreported(market)) if i != silent % 8]
        if not devices:
            return
        if silent % 2:
            self._report_earlier(market, devices)
        slot = market.rules.slot_start
        neighbours = self.markets(lambda m: m.rules.slot_start == slot)
        traded_wh = {side: self._traded_wh(neighbours, side) for side in Side}
        shares = list(zip(devices, percents, reversed(percents), strict=False))
        exported = {device: self._measured_wh(traded_wh[Side.SELL][device], percent) for device, percent, _ in shares}
        imported = {device: self._measured_wh(traded_wh[Side.BUY][device], percent) for device, _, percent in shares}
        self._misreport(market, exported, silent)
        self._report_all(market, exported, imported, silent)
        for neighbour in neighbours:
            neighbour.market.measured.update(market.market.measured)
        self.ghost.exported_wh.update({(device, slot): energy_wh for device, energy_wh in exported.items()})
        self.ghost.imported_wh.update({(device, slot): energy_wh for device, energy_wh in imported.items()})
        with refused("Metering_AlreadyReported"):
            market.market.report(exported)
        self._issue_too_early(market, list(exported))
        for device, energy_wh in exported.items():
            promised_wh = traded_wh[Side.SELL][device] or UNSOLD_WH
            what = "nothing" if not energy_wh else "more" if energy_wh > promised_wh else "less"
            RUNS[f"report {what}"] += 1

    def _report_all(self, market: GhostMarket, exported: dict[int, int], imported: dict[int, int], which: int) -> None:
        """In one batch; or with one that another has signed, which is left out, and then that one by itself."""
        if len(exported) == 1 or which % 3:
            market.market.report(exported, imported_wh=imported)
            return
        device = sorted(exported)[which % len(exported)]
        market.market.report(exported, imported_wh=imported, signers={device: self.community.agent})
        market.market.report({device: exported[device]}, imported_wh={device: imported.get(device, 0)})
        RUNS["report: a bad reading left out"] += 1

    @staticmethod
    def _traded_wh(markets: list[GhostMarket], side: Side) -> Counter[int]:
        """What devices sold, or meters bought, of a slot in final rounds."""
        traded_wh: Counter[int] = Counter()
        for market in markets:
            for _, _, trade in market.final.trades() if market.final else ():
                traded_wh[trade.device if side is Side.SELL else trade.meter] += trade.energy_wh
        return traded_wh

    @staticmethod
    def _measured_wh(traded_wh: int, percent: int) -> int:
        """A share of what was traded, within the device's capacity."""
        return min((traded_wh or UNSOLD_WH) * percent // 100, CAPACITY_WH)

    def _issue_too_early(self, market: GhostMarket, devices: list[int]) -> None:
        """Nobody gets certificates of a surplus while an order of the device is undecided."""
        slot = market.rules.slot_start
        device = next((each for each in devices if (each, slot) in self.ghost.undecided[Side.SELL]), None)
        if device is None:
            return
        owner = next(trader for trader in self.traders if trader.device == device)
        error = self.ghost.stops.issue_error((device, slot), owner.address) or "Delivery_Undecided"
        with refused(error):
            market.market.issue(device)
        RUNS[f"overreach: {error}"] += 1

    def _unreported(self, market: GhostMarket) -> list[int]:
        """Devices of which neither this slot nor a later one is reported."""
        return [device for device, slot in self.last_slots().items() if slot < market.rules.slot_start]

    @precondition(lambda self: self.markets(self.payable))
    @rule(which=INDICES)
    def settle(self, which):
        """All trades of a chunk whose devices have reported, once."""
        choices = self.markets(self.payable)
        market = choices[which % len(choices)]
        chunks = sorted(self.payable(market))
        self._settle(market, chunks[which % len(chunks)])
        RUNS["settle"] += 1

    def _settle(self, market: GhostMarket, chunk: int) -> None:
        driver, positions = market.about_final(), self.payable(market)[chunk]
        with refused("Settlement_NotEnded"):
            driver.certify(positions[:1])
        receipt = driver.settle(chunk)
        most = FIXED_GAS + MOST_GAS * len(driver.chunks[chunk]) // MAX_CHUNK
        holds("CLR-3", receipt.gas_used <= most, f"{len(positions)} trades took {receipt.gas_used} gas of {most}")
        self._delivered(market, positions, receipt)
        if any(left == chunk for left, _, _ in market.unsettled()):
            RUNS["settle a part of a chunk"] += 1
        with refused("Settlement_NothingToSettle"):
            driver.settle(chunk)

    @precondition(lambda self: self.markets(self.reported))
    @rule(which=INDICES, all_of_them=st.booleans())
    def settle_late(self, which, all_of_them):
        """Trades by the proofs of their readings, once; those that have ended are passed over."""
        choices = self.markets(self.reported)
        market = choices[which % len(choices)]
        positions = self.reported(market)[: None if all_of_them else 1]
        driver = market.about_final()
        with refused("Settlement_NotEnded"):
            driver.certify(positions[:1])
        self._with_other_readings(market, positions[0], "settleLate")
        self._delivered(market, positions[:1], driver.settle_late(positions[:1]))
        if positions[1:]:
            self._delivered(market, positions[1:], driver.settle_late(positions))
            RUNS["settle_late beside what has ended"] += 1
        with refused("Settlement_NothingLeft"):
            driver.settle_late(positions[-1:])
        RUNS["settle_late"] += 1

    def _delivered(self, market: GhostMarket, positions: list[Position], receipt: Receipt) -> None:
        """Trades have ended by their readings, as is told."""
        settled, used = (self.community.events(receipt, name) for name in ("TradeSettled", "EnergyUsed"))
        assert len(settled) == len(positions), f"{len(settled)} trades have ended, not {positions}"
        assert len(used) == (len(positions) if market.is_both_sides else 0)
        for k, (position, ended) in enumerate(zip(positions, settled, strict=True)):
            trade = market.about_final().chunks[position[0]][position[1]]
            delivered_wh, (paid, penalty) = self.ghost.share_wh(market, position), self.ghost.payment(market, position)
            said = ended["seller"], ended["delivered"], ended["paid"], ended["penalty"]
            assert said == (trade.seller, delivered_wh, paid, penalty), f"{said} is told of {trade}"
            if used:
                self._used(market, position, used[k]["used"])
            self._note_delivered(market, trade)
            self._note_shared(market, trade)
            self.ghost.delivered(market, position)

    def _used(self, market: GhostMarket, position: Position, told_wh: int) -> None:
        """A trade was settled by the import of its buyer's meter, too, or without it where that did not come."""
        trade = market.about_final().chunks[position[0]][position[1]]
        is_measured = (trade.meter, market.rules.slot_start) in self.ghost.imported_wh
        charged_wh = self.ghost.used_wh(market, position) if is_measured else self.ghost.share_wh(market, position)
        assert told_wh == charged_wh, f"{told_wh} Wh of {charged_wh} are told of {trade}"
        RUNS["settle by export and import" if is_measured else "settle without an import"] += 1

    def _note_delivered(self, market: GhostMarket, trade: Trade) -> None:
        slot = market.rules.slot_start
        for what, is_so in (
            ("settle a trade of a stopped device", self.ghost.stops.is_stopped((trade.device, slot))),
            ("settle a trade of a suspended seller", self.ghost.stops.is_suspended(trade.seller, slot)),
            ("settle one of several trades of a device", trade.energy_wh < market.final.traded_wh()[trade.sell_id]),
        ):
            RUNS[what] += is_so

    def _note_shared(self, market: GhostMarket, trade: Trade) -> None:
        """Whether an export that was too short is shared by several trades, and how."""
        exported_wh = self.ghost.exported_wh.get((trade.device, market.rules.slot_start), 0)
        left_wh, sold_wh = exported_wh - trade.sold_before_wh, market.final.traded_wh()[trade.sell_id]
        if trade.energy_wh < sold_wh and 0 < left_wh < sold_wh:
            RUNS[f"share a short export: {market.rules.sharing.name}"] += 1

    @precondition(lambda self: self.markets(lambda m: m.unsettled()))
    @rule(which=INDICES, share=st.integers(0, 4), pair=st.sampled_from(((0, 1), (1, 0), (0, 2), (2, 1))))
    def settle_agreed(self, which, share, pair):
        """Two of buyer, seller and arbiter agree; one alone does not count for two."""
        choices = self.markets(lambda m: m.unsettled())
        market = choices[which % len(choices)]
        chunk, index, trade = market.unsettled()[-1]
        parties = [self.accounts[trade.buyer], self.accounts[trade.seller], self.community.arbiter]
        most = value_down_upoints(trade.energy_wh, trade.price_upoints_per_kwh)
        driver, agent = market.about_final(), market.final.agent
        to_seller = most * share // 4
        with refused("Settlement_BadSigners"):
            driver.settle_agreed((chunk, index), to_seller, [parties[0], parties[0]], agent)
        with refused("Settlement_AboveValue"):
            driver.settle_agreed((chunk, index), most + 1, [parties[i] for i in pair], agent)
        signers = [parties[i] for i in pair]
        if signers[0].address == signers[1].address:
            return
        driver.settle_agreed((chunk, index), to_seller, signers, agent)
        self.ghost.settled(market, (chunk, index), to_seller)
        with refused("Settlement_AlreadySettled"):
            driver.settle_agreed((chunk, index), to_seller, signers, agent)
        RUNS["settle_agreed"] += 1

    @precondition(lambda self: self.markets(lambda m: not m.final))
    @rule(which=INDICES)
    def settle_nothing(self, which):
        """Before a round is final, nothing of it ends."""
        choices = self.markets(lambda m: not m.final)
        market = choices[which % len(choices)].market.id
        for function, arguments in (("settle", (0, [])), ("settleLate", ([],)), ("refund", ([],)), ("certify", ([],))):
            with refused("Clearing_NotFinal"):
                self.community.send(self.watcher, "Settlement", function, market, *arguments)
        RUNS["settle before the round is final"] += 1

    @precondition(lambda self: self.markets(self.returned))
    @rule(which=INDICES)
    def certify(self, which):
        """To its seller, once, what trades that ended by agreement, refund or veto no longer sell."""
        choices = self.markets(self.returned)
        market = choices[which % len(choices)]
        positions = self.returned(market)
        driver = market.about_final()
        for k, position in enumerate(positions):
            self._with_other_readings(market, position, "certify")
            told = self.community.events(driver.certify(positions[: k + 1]), "TradeCertified")
            certified_wh = self.ghost.certified(market, position, is_kept=True)
            assert [event["energy"] for event in told] == [certified_wh], f"{told} is told of {certified_wh} Wh"
        with refused("Settlement_NothingLeft"):
            driver.certify(positions)
        if positions[1:]:
            RUNS["certify beside what is certified"] += 1
        for chunk, index, _ in market.unsettled():
            if (chunk, index) in self.reported(market):
                with refused("Settlement_NotEnded"):
                    driver.certify([(chunk, index)])
        RUNS["certify"] += 1

    def returned(self, market: GhostMarket) -> list[Position]:
        """Trades that ended without a delivery, of which the export is known and not certified."""
        ended = sorted(market.settled - market.certified)
        chunks = market.final.chunks if market.final else []
        return [(c, k) for c, k in ended if chunks[c][k].device in market.market.measured]

    @precondition(lambda self: self.markets(self.decidable))
    @rule(which=INDICES)
    def decide(self, which):
        """A sell order by one of its trades, once: its device may sell more of the slot."""
        choices = self.markets(self.decidable)
        market = choices[which % len(choices)]
        chunk, index, trade = self.decidable(market)[which % len(self.decidable(market))]
        driver = market.about_final()
        driver.decide([(chunk, index)])
        self.ghost.decided(market, trade.sell_id)
        with refused("Settlement_NothingLeft"):
            driver.decide([(chunk, index)])
        if not market.is_both_sides:
            with refused("Settlement_ImportNotCounted"):
                driver.decide_purchases([(chunk, index)])
        RUNS["decide"] += 1

    def decidable(self, market: GhostMarket) -> list[tuple[int, int, Trade]]:
        """Trades whose sell order is undecided."""
        trades = market.final.trades() if market.final else []
        return [trade for trade in trades if self.ghost.decidable(market, trade[2].sell_id)]

    @precondition(lambda self: self.markets(self.bought))
    @rule(which=INDICES)
    def decide_purchases(self, which):
        """Buy orders by their trades, each once: their meters may buy more of the slot."""
        choices = self.markets(self.bought)
        market = choices[which % len(choices)]
        positions, driver = self.bought(market), market.about_final()
        driver.decide_purchases(positions)
        for chunk, index in positions:
            self.ghost.decided(market, driver.chunks[chunk][index].buy_id)
        with refused("Settlement_NothingLeft"):
            driver.decide_purchases(positions)
        RUNS["decide_purchases"] += 1

    def bought(self, market: GhostMarket) -> list[Position]:
        """One trade of each buy order that is undecided."""
        trades = market.final.trades() if market.final and market.is_both_sides else []
        first = {trade.buy_id: (c, k) for c, k, trade in reversed(trades)}
        return [position for id_, position in first.items() if self.ghost.decidable(market, id_)]

    @precondition(lambda self: self.markets(lambda m: any(entry.is_open for entry in m.orders.values())))
    @rule(which=INDICES)
    def release(self, which):
        """Free what did not trade; what did, or still may, stays bound."""
        choices = self.markets(lambda m: any(entry.is_open for entry in m.orders.values()))
        market = choices[which % len(choices)]
        free = market.releasable(self.chain.now() + 1)
        bound = [id_ for id_, entry in market.orders.items() if entry.is_open and id_ not in free]
        if market.final:
            market.about_final()
        if bound:
            with refused("Order_StillBound"):
                market.market.release(bound[:1])
        if free:
            self._release(market, free)
            RUNS["release"] += 1

    @precondition(lambda self: self.idle())
    @rule(which=INDICES)
    def issue(self, which):
        """What a device exported beyond all that it sold, once; unless it, or its owner, was stopped before."""
        lots = self.idle()
        lot = lots[which % len(lots)]
        market = self.market_of(lot)
        owner = next(trader for trader in self.traders if trader.device == lot[0])
        if error := self.ghost.stops.issue_error(lot, owner.address):
            with refused(error):
                market.market.issue(lot[0])
            RUNS[f"overreach: {error}"] += 1
            return
        market.market.issue(lot[0])
        self.ghost.issued.add(lot)
        sold_wh = self.ghost.decided_wh[Side.SELL][lot]
        unsold_wh = max(self.ghost.exported_wh[lot] - sold_wh, 0)
        self.ghost.certificates_wh[lot][owner.address] += unsold_wh
        with refused("Delivery_AlreadyIssued"):
            market.market.issue(lot[0])
        RUNS["issue"] += 1
        if sold_wh:
            RUNS["issue beside what was sold"] += 1

    @precondition(lambda self: self.holdings())
    @rule(which=INDICES, to=INDICES, share=st.integers(1, 3))
    def transfer_certificates(self, which, to, share):
        lot, holder, held_wh = self.holdings()[which % len(self.holdings())]
        receiver = self.traders[to % TRADERS]
        energy_wh = -(-held_wh * share // 3)
        arguments = holder.address, receiver.address, lot_id(*lot), energy_wh, b""
        if not self._is_moved(lot, holder, "safeTransferFrom", *arguments):
            return
        self.ghost.certificates_wh[lot][holder.address] -= energy_wh
        self.ghost.certificates_wh[lot][receiver.address] += energy_wh
        self._check_names(lot)
        RUNS["transfer_certificates"] += 1

    def _is_moved(self, lot: Lot, holder: Trader, function: str, *arguments: object) -> bool:
        """Have a holder move or retire certificates, which is refused while their lot is held."""
        if not self.ghost.is_held(lot, self.chain.now() + 1):
            self.community.send(holder.account, "GreenCertificates", function, *arguments)
            return True
        with refused("Certificates_Held", id=lot_id(*lot), until=self.ghost.held_until[lot]):
            self.community.send(holder.account, "GreenCertificates", function, *arguments)
        RUNS["move refused: Certificates_Held"] += 1
        return False

    def _check_names(self, lot: Lot) -> None:
        """What a wallet asks about certificates: which lot they are of, and which standards the contract keeps."""
        slot, known = hour_from(lot[1]).pack(), [*STANDARDS, bytes(4)]
        asked = [("lotOf", lot_id(*lot)), ("idOf", lot[0], slot), *(("supportsInterface", each) for each in known)]
        named, id_, *kept = self.community.read_all([("GreenCertificates", *question) for question in asked])
        assert (tuple(named), id_) == ((lot[0], slot), lot_id(*lot)), f"lot {lot} is {named} and has the id {id_}"
        assert kept == [True, True, False], f"the contract says of its standards {kept}"

    @precondition(lambda self: self.holdings())
    @rule(which=INDICES, beneficiary=INDICES, share=st.integers(1, 3))
    def retire_certificates(self, which, beneficiary, share):
        lot, holder, held_wh = self.holdings()[which % len(self.holdings())]
        for_whom = self.traders[beneficiary % TRADERS].address
        energy_wh = -(-held_wh * share // 3)
        arguments = lot_id(*lot), energy_wh, for_whom, "supply"
        if not self._is_moved(lot, holder, "retire", *arguments):
            return
        self.ghost.certificates_wh[lot][holder.address] -= energy_wh
        self.ghost.retired_wh[lot][for_whom] += energy_wh
        RUNS["retire_certificates"] += 1
