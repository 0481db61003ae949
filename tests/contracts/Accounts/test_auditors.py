"""The weak centre is weak by code: what auditors try with the money, the orders and the trades of others."""

from powerpact.codec.eip712 import sign
from powerpact.market.orders import Side
from testkit.market import Claims
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of, trade_id_of
from testkit.orders import buy
from testkit.reverts import reverts_with


def suspend(community, trader):
    until = community.chain.now() + 1_000
    for auditor in community.auditors[:2]:
        community.send(auditor, "ParticipantRegistry", "suspend", trader.address, until, "because we can")


def test_auditors_cannot_touch_money(custody, points, community, traded, alice, carol):
    """Every function that moves points, called by an auditor; then a suspension."""
    auditor = community.auditors[0]
    before = [money_of(custody, trader) for trader in (alice, carol)]
    with reverts_with("Accounts_InsufficientBalance", auditor, 0, 1):
        custody.withdraw(1, auditor.address, by(auditor))
    with reverts_with("Accounts_NotOrderBook", auditor):
        custody.admit([buy(alice).pack()], by(auditor))
    with reverts_with("Accounts_NotOrderBook", auditor):
        custody.release([alice.address], [1], by(auditor))
    with reverts_with("Accounts_NotClearing", auditor):
        custody.holdBond(alice.address, 1, by(auditor))
    with reverts_with("Accounts_NotSettlement", auditor):
        custody.pay([(1, 1, 1)], by(auditor))
    with reverts_with("Accounts_NotClearing", auditor):
        custody.burnBond(alice.address, 1, auditor.address, False, by(auditor))
    with reverts_with("Accounts_NotRefutations", auditor):
        custody.award(alice.address, auditor.address, 1, by(auditor))
    with reverts_with("Points_NotUtility", auditor):
        points.mint(auditor.address, 1, b"\1" * 32, by(auditor))
    with reverts_with("ERC20InsufficientAllowance", auditor, 0, 1):
        points.transferFrom(custody, auditor.address, 1, by(auditor))
    suspend(community, alice)
    assert [money_of(custody, trader) for trader in (alice, carol)] == before
    custody.withdraw(ENDOWMENT_UPOINTS - 100_000, alice.address, by(alice))


def test_auditors_cannot_touch_orders(book, releases, custody, devices, community, market, alice, bob):
    """An auditor can neither place, cancel nor free an order, and a suspension leaves it in its round."""
    auditor = community.auditors[0]
    market.post([buy(alice)], [alice])
    state = tuple(book.batchState(market.id, 0))
    with reverts_with("Order_NotTrader", bob, auditor):
        book.place(market.id, buy(bob).pack(), by(auditor))
    order = buy(bob)
    with reverts_with("Order_BadSignature", 0, bob):
        forged = sign(auditor, community.domain("OrderBook"), *order.message(market.id))
        book.placeSigned(*market.batch([order], [forged]), by(auditor))
    with reverts_with("Order_NotTrader", alice, auditor):
        book.cancel(market.id, market.placed(0), by(auditor))
    with reverts_with("Order_StillBound", market.id, 0):
        releases.release(*market.untraded([0]), by(auditor))
    with reverts_with("Order_NotReleaser", auditor):
        book.release(market.id, [market.placed(0)], [0], by(auditor))
    with reverts_with("Device_NotMarket", auditor):
        devices.decide(alice.device, Side.BUY, market.slot.pack(), 0, 0, by(auditor))
    with reverts_with("Device_NotOrderBook", auditor):
        devices.reserve(market.slot.pack(), [], by(auditor))
    with reverts_with("Device_NotDeliveries", auditor):
        devices.fixLength(alice.device, market.slot.pack(), auditor.address, by(auditor))
    with reverts_with("Accounts_NotOrderBook", auditor):
        custody.cancelNonces(bob.address, Side.BUY, 1, 1, by(auditor))
    suspend(community, alice)
    assert tuple(book.batchState(market.id, 0)) == state
    book.verify(market.id, market.placed(0))


def test_auditors_cannot_touch_trades(clearing, custody, settlement, community, traded, alice, carol):
    """Two auditors cannot decide a trade, change a round or stop a suspended seller from being paid; a veto is late."""
    first, second = community.auditors[:2]
    proof = traded.proof(0, 0)
    root = bytes(clearing.chunkRoot(traded.proposal, 0))
    id_ = trade_id_of(traded)
    message = {"tradeId": id_, "toSeller": 0}
    signatures = [sign(auditor, community.domain("Settlement"), "Agreement", message) for auditor in (first, second)]
    with reverts_with("Settlement_BadSigners", id_, first, second):
        settlement.settleAgreed(traded.id, proof, 0, [first.address, second.address], signatures, by(first))
    with reverts_with("Clearing_NotAgent", traded.proposal, community.agent, first):
        clearing.extend(traded.proposal, *Claims([], []), b"", by(first))
    with reverts_with("Clearing_AlreadyFinal", traded.id, traded.proposal):
        clearing.propose(traded.id, *Claims([], []), b"", by(first))
    with reverts_with("Settlement_TooEarly", id_, traded.rules.refund_from):
        settlement.refund(traded.id, [proof], by(first))
    suspend(community, carol)
    assert bytes(clearing.chunkRoot(traded.proposal, 0)) == root
    community.chain.warp(traded.rules.slot_start)
    with reverts_with("Settlement_VetoTooLate", id_, traded.rules.slot_start):
        settlement.veto(traded.id, proof, "because we can", by(first))
    traded.report({carol.device: 1_000})
    traded.settle()
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + 100_000, 0)
