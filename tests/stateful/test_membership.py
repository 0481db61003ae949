"""Members, auditors and motions: every edge of docs/membership.md is taken, and every other one refused."""

from testkit.membership.machine import RUNS, run_machine
from testkit.membership.registry import Registry

TAKEN = (
    "apply",
    "reject",
    "suspend",
    "request exit",
    "stay",
    "exit",
    "link",
    "unlink",
    "nominate",
    "approve",
    "object",
    "object signed",
    "admit",
    "refuse",
    "object to exit",
    "vote change",
    "propose",
    "support",
    "announce proposal",
    "object to change",
    "enact",
)
REFUSED = (
    "apply: Registry_HasApplied",
    "apply: Registry_WrongStatus",
    "reject: Auditors_NotAuditor",
    "reject: Registry_WrongApplication",
    "suspend: Registry_BadSuspension",
    "suspend: Registry_WrongStatus",
    "request exit: Registry_WrongStatus",
    "stay: Registry_WrongStatus",
    "exit: Registry_WrongStatus",
    "exit: Motion_NoticeRunning",
    "exit: Motion_ExitRefused",
    "link: Registry_WrongStatus",
    "link: Registry_OtherPerson",
    "link: Registry_BadSignature",
    "unlink: Registry_NotLinked",
    "nominate: Auditors_AlreadyVoted",
    "approve: Auditors_AlreadyVoted",
    "approve: Motion_NotNominated",
    "object: Motion_Unknown",
    "object: Motion_UnknownCandidate",
    "object: Motion_WindowOver",
    "object: Motion_NotMember",
    "object: Motion_AlreadyObjected",
    "object signed: Motion_NoNewObjection",
    "admit: Motion_WindowOpen",
    "admit: Motion_Refused",
    "admit: Registry_NothingToDo",
    "admit: Registry_CandidateExpired",
    "admit: Registry_OtherPerson",
    "refuse: Motion_NotRefused",
    "object to exit: Motion_NoExit",
    "object to exit: Motion_NotMember",
    "object to exit: Motion_AlreadyObjected",
    "vote change: Motion_ChangeUndecided",
    "vote change: Motion_OthersTurn",
    "support: Motion_CannotSupport",
    "announce proposal: Motion_TooFewSupporters",
    "object to change: Motion_NotMember",
    "object to change: Motion_AlreadyObjected",
    "enact: Motion_WindowOpen",
    "enact: Motion_Refused",
    "enact: Motion_AlreadyEnacted",
)


def test_contracts_and_model_agree_on_every_step():
    RUNS.clear()
    run_machine(Registry(), examples=60, steps=40)
    needed = (*(f"{name}: taken" for name in TAKEN), *REFUSED)
    never = [step for step in needed if not RUNS[step]]
    assert not never, f"never happened: {never}"
