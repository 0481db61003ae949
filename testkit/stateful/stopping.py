"""Rules of devices: those that are stopped, and those that come late."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from powerpact.codec.eip712 import sign
from powerpact.market.orders import Side
from powerpact.market.readings import Reading
from testkit.invariants import holds
from testkit.market import SLOT_LENGTH_S, Trader, key
from testkit.meters import packed, reading_proof
from testkit.stateful.lots import hour_from
from testkit.stateful.orders import OrderRules
from testkit.stateful.stage import INDICES, RUNS, TRADERS, refused

REASON = "the seal is broken"
LATE_WH = 700


class StoppingRules(OrderRules):
    """Retire and decertify devices; certify one after it has measured."""

    @precondition(lambda self: len(self.ghost.stops.devices) < 2)
    @rule(who=INDICES, by_auditors=st.booleans())
    def stop(self, who, by_auditors):
        """By its owner, or by two auditors who see the same device and the same reason."""
        trader = self.traders[who % TRADERS]
        if trader.device not in self.ghost.stops.devices:
            self._stop(trader, by_auditors)

    def _stop(self, trader: Trader, by_auditors: bool) -> None:
        device, before = trader.device, self.everything()
        stranger = next(other for other in self.traders if other is not trader)
        with refused("Device_NotOwner"):
            self.community.send(stranger.account, "DeviceRegistry", "retire", device)
        if by_auditors:
            self._decertify(trader, stranger)
        else:
            self.community.send(trader.account, "DeviceRegistry", "retire", device)
        holds("REG-1", self.everything() == before, f"after device {device} was stopped")
        self.ghost.stops.devices[device] = self.chain.now()
        RUNS["stop: decertified" if by_auditors else "stop: retired"] += 1
        self._with_a_stopped_device(trader)

    def _decertify(self, trader: Trader, stranger: Trader) -> None:
        """Votes of one auditor, for another device and for other reasons do not count."""
        device, auditors = trader.device, self.community.auditors
        contents = [self.community.read("DeviceRegistry", "contentOf", d) for d in (device, stranger.device)]

        def vote(auditor: int, content: bytes, reason: str = REASON) -> None:
            self.community.send(auditors[auditor], "DeviceRegistry", "decertify", device, content, reason)

        with refused("Device_OtherContent"):
            vote(0, contents[1])
        vote(0, contents[0])
        with refused("Device_AlreadyVoted"):
            vote(0, contents[0])
        vote(1, contents[0], "another reason")
        assert self.community.read("DeviceRegistry", "device", device)[5], f"device {device} is stopped by one vote"
        vote(1, contents[0])

    def _with_a_stopped_device(self, trader: Trader) -> None:
        """It sells nothing from now on, and buys nothing where it would have to measure that."""
        if not self.ghost.may_trade(trader, self.chain.now() + 1):
            return
        for market in self.markets(self.is_gate_open):
            makes = {Side.SELL: self._sell, **({Side.BUY: self._buy} if market.is_both_sides else {})}
            for side, make in makes.items():
                if (trader.device, market.rules.slot_start) in self.ghost.undecided[side]:
                    continue
                order = make(market, trader, self.ghost.nonces[trader.address, side].next(), 1, 1)
                if order.reservation_upoints <= self.ghost.wallets[trader.address].free:
                    with refused("Order_DeviceUnfit"):
                        market.market.post([order], [trader])
                    RUNS["overreach: Order_DeviceUnfit"] += 1

    @precondition(lambda self: not self.ghost.has_late_device)
    @rule(who=INDICES)
    def come_late(self, who):
        """A device that measured before it was certified earns nothing for that, and votes for another are not its."""
        trader = self.traders[who % TRADERS]
        if not self.ghost.may_trade(trader, self.chain.now() + 1):
            return
        meter, community = key("late meter"), self.community
        start = self.chain.now() // SLOT_LENGTH_S * SLOT_LENGTH_S - SLOT_LENGTH_S
        device = community.bind(trader.account, meter, certified=False)
        reading = Reading.measured(
            device,
            start,
            SLOT_LENGTH_S,
            exported_wh=LATE_WH,
            imported_wh=0,
            export_counter_wh=LATE_WH,
            import_counter_wh=0,
        )
        signature = sign(meter, community.domain("Metering"), "Reading", reading.message())
        receipt = community.send(community.agent, "Metering", "report", packed([reading]), [signature])
        batch = community.events(receipt, "ReadingsReported")[0]["batch"]
        proven = [(reading.pack(), reading_proof(batch, [reading], 0))]

        def issue_refused() -> None:
            with refused("Delivery_NotCertified"):
                community.send(trader.account, "Deliveries", "issue", hour_from(start).pack(), proven)

        issue_refused()
        other = community.read("DeviceRegistry", "contentOf", trader.device)
        with refused("Device_OtherContent"):
            community.send(community.auditors[0], "DeviceRegistry", "certify", device, other)
        community.certify(device)
        issue_refused()
        self.ghost.has_late_device = True
        RUNS["come_late"] += 1
