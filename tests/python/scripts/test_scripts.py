"""The Brownie entry points, run on the network that Brownie is connected to."""

import brownie
import pytest

from powerpact.chain.artifacts import CONTRACTS
from powerpact.chain.client import Chain
from powerpact.chain.contracts import markets, motions, orders, participants, rounds
from powerpact.chain.deployment import Deployment
from powerpact.market.orders import Side
from powerpact.market.rules import Rules
from scripts import deploy, market_day, solve_round
from scripts._network import active_web3, sending_account
from testkit.admitting import REASON, candidate
from testkit.mining import mine_at


@pytest.fixture(autouse=True)
def isolate(fn_isolation):
    """Every test starts from an empty chain."""


def test_deploy_writes_a_file_that_describes_the_chain(accounts, tmp_path):
    file = tmp_path / "deployment.json"
    auditors = [account.address for account in accounts[1:4]]
    deployment = deploy.main(file, *auditors)
    assert Deployment.load(file) == deployment
    assert deployment.parameters.auditors == tuple(auditors)
    assert deployment.parameters.threshold == 2


def test_brownie_knows_what_was_deployed(tmp_path):
    """Containers, histories and calls of Brownie work with the contracts that the script deployed."""
    (project,) = brownie.project.get_loaded_projects()
    assert len(project.OrderBook) == 0
    deployment = deploy.main(tmp_path / "deployment.json")
    assert {name: len(getattr(project, name)) for name in CONTRACTS} == dict.fromkeys(CONTRACTS, 1)
    assert project.OrderBook[-1].address == deployment.addresses["OrderBook"]
    points, utility = project.PowerPoints[-1], brownie.accounts.at(deployment.parameters.utility, force=True)
    minted = points.mint(utility, 1_000, b"\x01" * 32, {"from": utility})
    assert minted.events["Transfer"]["value"] == points.balanceOf(utility) == 1_000
    deploy.main(tmp_path / "second.json")
    assert len(project.OrderBook) == 2


def test_market_day_runs_and_reports(tmp_path):
    report = market_day.main("2", "2017-07-03", "1", tmp_path / "reports" / "day.html")
    assert all(check.holds for check in report.invariants)
    assert (tmp_path / "reports" / "day.html").stat().st_size > 10_000


def test_solve_round_brings_a_round_to_its_end(tmp_path):
    file = tmp_path / "deployment.json"
    deploy.main(file)
    web3, opener = active_web3(), sending_account()
    chain = Chain(web3, Deployment.load(file))
    auditor = chain.deployment.parameters.auditors[0]
    assert chain.deployment.parameters.threshold == 1
    chain.sender(opener).send(participants.apply(chain, b"\x01" * 32))
    approval = motions.nominate(chain, [candidate(opener.address, 1, 1_000_000)], REASON)
    web3.provider.make_request("anvil_impersonateAccount", [auditor])
    web3.eth.wait_for_transaction_receipt(
        web3.eth.send_transaction({"from": auditor, "to": approval.to, "data": approval.data})
    )
    motion = motions.motions(chain)[0]
    mine_at(web3, motion.ends_at)
    chain.sender(opener).send(motions.admit(chain, motion, [0]))
    slot_start = (chain.now() // 3_600 + 2) * 3_600
    rules = Rules(
        arbiter=auditor,
        slot_start=slot_start,
        closes_at=slot_start - 60,
        final_by=slot_start,
        refund_from=slot_start + 3 * 3_600,
        attributes=(),
        categories=(),
    )
    mined = chain.sender(opener).send(markets.open_market(chain, rules))
    market = chain.event(mined, "MarketOpened").arguments["market"]
    mine_at(web3, rules.closes_at)
    cleared = solve_round.main(f"0x{market.hex()}", file)
    assert rounds.final_of(chain, market) == cleared.proposal
    assert orders.unused_nonce(chain, opener.address, Side.BUY) == 0
