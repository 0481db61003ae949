"""The power table, second part: readings, markets, orders, rounds and how trades end."""

from __future__ import annotations

from testkit.powers.terms import (
    AGENT,
    ANYONE,
    ARBITER,
    AUDITOR,
    CERTIFICATES,
    CHANNELS,
    DELEGATE,
    ENDORSER,
    HOLDER,
    MANDATES,
    MARKETS,
    METER,
    ORDERS,
    PARTICIPANT,
    POINTS,
    PROPOSALS,
    READINGS,
    ROOTS,
    TRADER,
    TRADES,
    WATCHER,
    Power,
    inner,
)

METERING = {
    "Deliveries": {
        "deliver": inner(
            "Settlement", CERTIFICATES, "Delivery_NotSettlement", "What proven readings say that a trade delivered."
        ),
        "deliverLast": inner(
            "Settlement", CERTIFICATES, "Delivery_NotSettlement", "What the last readings say that a trade delivered."
        ),
        "issue": Power(
            ANYONE,
            CERTIFICATES + ORDERS,
            "A certified device's export beyond what it sold of the slot, once, to its owner, by reported readings. "
            "Where no order fixed the length of the device's slots, only its owner does.",
            refused="Device_NotOwner",
            forged="Metering_UnknownReading",
        ),
    },
    "Metering": {
        "correct": Power(
            ANYONE,
            READINGS,
            "Only what the device signed, of an interval that it reported, inside the correction window and between "
            "the counters of its neighbours. No money and no certificate moves by it.",
            signed=METER,
            forged="Metering_BadSignature",
        ),
        "report": Power(
            ANYONE,
            READINGS,
            "Only what the device signed, in the order of the intervals, within its capacity and its counters.",
            signed=METER,
            forged="Metering_BadSignature",
        ),
    },
    "RouterBatches": {
        "commit": Power(
            ANYONE,
            ROOTS,
            "Only what a certified router signed, in the order of its batches. No reading counts by it.",
            signed=METER,
            forged="Router_BadSignature",
        ),
        "prove": Power(
            ANYONE,
            READINGS,
            "Only what is in the batch and its device signed, as `Metering.report` takes it.",
            signed=METER,
            forged="Metering_BadSignature",
        ),
    },
}

MARKET = {
    "Markets": {
        "openMarket": Power(
            TRADER,
            MARKETS,
            "The rules are fixed with it. Whoever signs an order signs them.",
            refused="Market_OpenerNotActive",
        ),
        "takeBatch": inner("OrderBook", ORDERS, "Market_NotOrderBook", "Numbers the next batch."),
    },
    "OrderBook": {
        "cancel": Power(
            PARTICIPANT + DELEGATE,
            ORDERS + POINTS + MANDATES,
            "The order's own trader, or a mandated order's delegate, before the gate. The reservation is released.",
            refused="Order_NotTrader",
        ),
        "cancelNonces": Power(HOLDER, ORDERS, "Only the caller's own nonces."),
        "place": Power(
            TRADER,
            ORDERS + POINTS,
            "Only in the caller's own name, before the gate, with free points and a certified device.",
            refused="Order_TraderNotActive",
            forged="Order_NotTrader",
        ),
        "placeMandated": Power(
            ANYONE,
            ORDERS + POINTS + MANDATES,
            "Only what the delegate signed for this turn, inside the mandate that the trader signed.",
            signed=DELEGATE,
            forged="Mandate_NotDelegate",
        ),
        "placeSigned": Power(
            ANYONE,
            ORDERS + POINTS,
            "Only what the trader signed for this market, once, while the trader is active.",
            signed=TRADER,
            forged="Order_BadSignature",
        ),
        "release": inner(
            "Releases", ORDERS + POINTS + MANDATES, "Order_NotReleaser", "What an order of the book did not trade."
        ),
    },
    "Mandates": {
        "admit": inner("OrderBook", MANDATES, "Mandate_NotOrderBook", "Counts an order of the delegate."),
        "giveBack": inner("OrderBook", MANDATES, "Mandate_NotOrderBook", "Takes off what an order did not trade."),
        "register": Power(
            ANYONE,
            MANDATES,
            "Only what the trader signed, once, and not after it was revoked.",
            signed=TRADER,
            forged="Mandate_BadSignature",
        ),
        "revoke": Power(
            PARTICIPANT, MANDATES, "Only the trader who gave it, permanently.", refused="Mandate_NotTrader"
        ),
    },
}

CLEARING = {
    "Clearing": {
        "challenge": Power(
            WATCHER,
            PROPOSALS + POINTS,
            "Only with orders of the book that refute the proposal; the points are its agent's bond.",
            forged="Satisfaction_PairCovered",
        ),
        "clear": Power(
            ANYONE,
            PROPOSALS + TRADES + POINTS,
            "Only trades by the orders' own terms, with a proof that no matching is better. It takes the place of an "
            "active proposal, whose bond is released, or lost if its claim was false.",
            forged="Satisfaction_BetterPair",
        ),
        "extend": Power(
            AGENT,
            PROPOSALS,
            "As `propose`, to the agent's own draft.",
            refused="Clearing_NotAgent",
            forged="Order_Unknown",
        ),
        "finalize": Power(
            ANYONE,
            PROPOSALS + TRADES + POINTS,
            "Only the active proposal, after its window; the points are the agent's own bond.",
            forged="Clearing_WindowOpen",
        ),
        "propose": Power(
            ANYONE,
            PROPOSALS,
            "A draft binds nobody. Only trades by the terms of orders in the book, after the gate.",
            forged="Order_Unknown",
        ),
        "proposeBatches": Power(ANYONE, PROPOSALS, "As `propose`, from whole batches.", forged="Clearing_WrongOrders"),
        "prove": Power(
            AGENT,
            PROPOSALS + TRADES + POINTS,
            "Its own proposal, order by order: every pair is checked. Bonds as with `clear`.",
            refused="Clearing_NotAgent",
            forged="Clearing_WrongTrades",
        ),
        "seal": Power(
            AGENT,
            PROPOSALS + POINTS,
            "Its own proposal, with its own bond and the endorsements that the market asks for. Only a better one "
            "takes an active one's place; bonds as with `clear`.",
            signed=ENDORSER,
            refused="Clearing_NotAgent",
            forged="Clearing_BadEndorsement",
        ),
    },
    "Refutations": {
        "award": Power(
            ANYONE,
            PROPOSALS + POINTS,
            "The eighth that waits, to who knew first, once the time to show it is over.",
            forged="Refutations_RevealRuns",
        ),
        "commit": Power(ANYONE, (), "Writes down a hash, which names who made it; it binds nobody."),
        "open": inner("Clearing", PROPOSALS, "Refutations_NotClearing", "Waits for who knew first."),
        "reveal": Power(
            WATCHER,
            PROPOSALS,
            "Only what was written down after the seal and before the refutation, and does refute the proposal.",
            forged="Refutations_NotCommitted",
        ),
    },
}

CHANNELS_OF_PAYMENTS = {
    "PaymentChannels": {
        "openMetered": Power(
            HOLDER,
            POINTS + CHANNELS,
            "Only the caller's own free points, in a channel that it pays out of.",
            forged="Channel_NotParty",
        ),
        "fundMetered": Power(
            HOLDER, POINTS + CHANNELS, "The payer's own free points, before it gave notice.", refused="Channel_NotParty"
        ),
        "claim": Power(
            ANYONE,
            POINTS + CHANNELS,
            "What the payer signed for beyond what was paid, to the receiver alone, and never more than is locked.",
            signed=HOLDER,
            forged="Channel_BadSignature",
        ),
        "closeMetered": Power(
            HOLDER,
            POINTS + CHANNELS,
            "The receiver, with what the payer signed; the rest goes back to the payer.",
            signed=HOLDER,
            refused="Channel_NotParty",
            forged="Channel_BadSignature",
        ),
        "giveNotice": Power(
            HOLDER, CHANNELS, "The payer; the receiver has the time that both agreed on.", refused="Channel_NotParty"
        ),
        "finishMetered": Power(
            ANYONE,
            POINTS + CHANNELS,
            "What is left, to the payer, once its notice is over.",
            forged="Channel_NotEnding",
        ),
        "openMutual": Power(
            HOLDER,
            POINTS + CHANNELS,
            "Only the caller's own free points, in a channel of which it is a party.",
            forged="Channel_NotParty",
        ),
        "fundMutual": Power(
            HOLDER, POINTS + CHANNELS, "A party's own free points, for its own side.", refused="Channel_NotParty"
        ),
        "changeMutual": Power(
            ANYONE,
            POINTS + CHANNELS,
            "What both parties signed, until it expires; it shares out what is locked.",
            signed=HOLDER,
            forged="Channel_BadSignature",
        ),
        "beginClose": Power(
            HOLDER,
            CHANNELS,
            "A party, by a state that both signed; a newer one can be shown for the time that both agreed on.",
            signed=HOLDER,
            refused="Channel_NotParty",
            forged="Channel_BadSignature",
        ),
        "showState": Power(
            ANYONE,
            CHANNELS,
            "A newer state that both signed, before the window is over.",
            signed=HOLDER,
            forged="Channel_BadSignature",
        ),
        "finishMutual": Power(
            ANYONE,
            POINTS + CHANNELS,
            "To each what the newest state that was shown says, once the window is over; to a tower what it names.",
            forged="Channel_NotEnding",
        ),
    },
}

SETTLEMENT = {
    "Settlement": {
        "certify": Power(
            ANYONE,
            TRADES + CERTIFICATES,
            "What a refunded, agreed or vetoed trade no longer sells, certified to its seller, once, by readings.",
            forged="Settlement_UnknownTrade",
        ),
        "decide": Power(
            ANYONE, ORDERS, "What a final trade shows that its device sold.", forged="Settlement_UnknownTrade"
        ),
        "decidePurchases": Power(
            ANYONE, ORDERS, "What a final trade shows that its meter bought.", forged="Settlement_UnknownTrade"
        ),
        "flag": Power(
            AUDITOR,
            (),
            "A doubt about a final trade of others, for everybody to see; it binds nobody.",
            refused="Settlement_NotAuditor",
            forged="Settlement_UnknownTrade",
        ),
        "refund": Power(
            ANYONE,
            POINTS + TRADES,
            "From the refund time on, or up to two slots later, all that a final trade holds, back to its buyer.",
            forged="Settlement_UnknownTrade",
        ),
        "settle": Power(
            ANYONE,
            POINTS + TRADES + CERTIFICATES,
            "What the readings and the market's rules say of a final trade, once.",
            forged="Settlement_WrongChunk",
        ),
        "settleAgreed": Power(
            ANYONE,
            POINTS + TRADES,
            "What two of buyer, seller and arbiter signed, within the trade's value; the rest goes back to the buyer.",
            signed=PARTICIPANT + ARBITER,
            forged="Settlement_BadSignature",
        ),
        "settleLate": Power(
            ANYONE,
            POINTS + TRADES + CERTIFICATES,
            "As `settle`, by proofs of readings.",
            forged="Metering_UnknownReading",
        ),
        "veto": Power(
            AUDITOR,
            POINTS + TRADES,
            "Until the slot starts, all that a final trade of others holds, back to its buyer; it does nothing else.",
            refused="Settlement_NotAuditor",
            forged="Settlement_UnknownTrade",
        ),
    },
    "Releases": {
        "release": Power(
            ANYONE,
            ORDERS + POINTS + MANDATES,
            "Once the round is over, what an order did not trade, back to its own trader.",
            forged="Order_StillBound",
        ),
    },
}
