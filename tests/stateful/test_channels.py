"""Payment channels: contract and model agree on every step, everyone gets everything out, and seeded bugs are found."""

import pytest

from testkit.mutants import Mutant
from testkit.paying.machine import RUNS, run_machine

STEPS = (
    "openMetered: taken",
    "openMetered: Accounts_InsufficientBalance",
    "fundMetered: taken",
    "fundMetered: Channel_NotParty",
    "fundMetered: Channel_Ending",
    "claim: taken",
    "claim: Channel_NothingDue",
    "claim: Channel_BadSignature",
    "claim: Channel_NotOpen",
    "closeMetered: taken",
    "closeMetered: Channel_NotParty",
    "giveNotice: taken",
    "giveNotice: Channel_NotParty",
    "finishMetered: taken",
    "finishMetered: Channel_NotEnding",
    "finishMetered: Channel_TooEarly",
    "openMutual: taken",
    "fundMutual: taken",
    "fundMutual: Channel_Ending",
    "changeMutual: taken",
    "changeMutual: Channel_OtherTotal",
    "changeMutual: Channel_Ending",
    "changeMutual: Channel_NotOpen",
    "beginClose: taken",
    "beginClose: Channel_NotParty",
    "beginClose: Channel_NotNewer",
    "beginClose: Channel_DepositMissing",
    "beginClose: Channel_BadSignature",
    "beginClose: Channel_Ending",
    "showState: taken",
    "showState: Channel_NotEnding",
    "showState: Channel_TooLate",
    "showState: Channel_NotNewer",
    "showState: Channel_BadSignature",
    "finishMutual: taken",
    "finishMutual: Channel_NotEnding",
    "finishMutual: Channel_TooEarly",
)


def test_contract_and_model_agree_on_every_step():
    RUNS.clear()
    run_machine(examples=100, steps=40)
    never = [step for step in STEPS if not RUNS[step]]
    assert not never, f"never happened: {never}"


METERED = "contracts/settlement/MeteredChannels.sol"
MUTUAL = "contracts/settlement/MutualChannels.sol"
MUTANTS = (
    Mutant(
        "a voucher that is paid again",
        "PaymentChannels",
        METERED,
        "        _channels[id].paid = channel.paid + due;\n",
        "",
    ),
    Mutant(
        "more paid than is locked",
        "PaymentChannels",
        METERED,
        "(voucher.total < channel.locked ? voucher.total : channel.locked) - channel.paid",
        "voucher.total - channel.paid",
    ),
    Mutant(
        "a notice that is not waited for",
        "PaymentChannels",
        METERED,
        "require(block.timestamp >= channel.endsAt, Channel_TooEarly(id, channel.endsAt));",
        "",
    ),
    Mutant(
        "a state that one of both signed",
        "PaymentChannels",
        MUTUAL,
        "        _requireSigned(id, terms.other, digest, ofBoth[1], ofContracts);\n",
        "",
    ),
    Mutant(
        "an old state in the place of a newer one",
        "PaymentChannels",
        MUTUAL,
        "_requireNewer(id, closing.version, state.version);",
        "_requireNewer(id, 0, state.version);",
    ),
    Mutant(
        "a window that does not end",
        "PaymentChannels",
        MUTUAL,
        "require(block.timestamp < closing.closesAt, Channel_TooLate(id, closing.closesAt));",
        "",
    ),
    Mutant(
        "a reward out of the wrong party's part",
        "PaymentChannels",
        MUTUAL,
        "        if (closing.isByOther) toOther -= reward.points;\n        else toOne -= reward.points;",
        "        if (!closing.isByOther) toOther -= reward.points;\n        else toOne -= reward.points;",
    ),
    Mutant(
        "what was locked since a state is the other's",
        "PaymentChannels",
        MUTUAL,
        "return state.toOne + (locked.one - state.fromOne);",
        "return state.toOne;",
    ),
    Mutant(
        "a state that counts with points which are not there any more",
        "PaymentChannels",
        MUTUAL,
        "state.fromOne <= locked.one && state.fromOther <= locked.other,",
        "true,",
    ),
    Mutant(
        "a shift that makes points",
        "Accounts",
        "contracts/accounts/Accounts.sol",
        "_wallets[move.trader].unhold(_narrow(move.taken), free)",
        "_wallets[move.trader].unhold(held, free)",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_seeded_bug_is_found(mutant):
    artifacts = mutant.artifacts()
    with pytest.raises(AssertionError):
        run_machine(100, 40, artifacts, shrink=False)
