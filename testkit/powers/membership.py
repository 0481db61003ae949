"""The power table, second part: who is admitted, and what auditors and members decide."""

from __future__ import annotations

from testkit.powers.terms import (
    ADMISSIONS,
    ANYONE,
    AUDITOR,
    CREDENTIALS,
    HOLDER,
    MEMBER,
    MOTIONS,
    PARTICIPANT,
    Power,
    inner,
)

PEOPLE = {
    "Credentials": {
        "revoke": Power(HOLDER, CREDENTIALS, "Only the caller's own signature, permanently."),
        "revokeAll": Power(HOLDER, CREDENTIALS, "Only the caller's own signatures, permanently, all or none."),
    },
    "ParticipantRegistry": {
        "admit": Power(
            ANYONE,
            ADMISSIONS + MOTIONS,
            "Only what a motion says whose window is over, and only candidates whom members did not refuse.",
            forged="Motion_UnknownCandidate",
        ),
        "applyFor": Power(
            HOLDER,
            ADMISSIONS,
            "Only for the caller, who is not admitted by it.",
        ),
        "exit": Power(
            PARTICIPANT,
            ADMISSIONS + MOTIONS,
            "Only for the caller, after its notice, unless members refused it, with nothing held.",
            refused="Registry_WrongStatus",
        ),
        "link": Power(
            PARTICIPANT,
            ADMISSIONS,
            "Only an account that signed it and is nobody else's, at most eight.",
            refused="Registry_WrongStatus",
            forged="Registry_BadSignature",
        ),
        "refuse": Power(
            ANYONE,
            ADMISSIONS,
            "Only candidates whom so many members objected to as the motion says.",
            forged="Motion_UnknownCandidate",
        ),
        "reject": Power(
            AUDITOR,
            ADMISSIONS,
            "k of n, for one open application. The applicant can apply again.",
            refused="Auditors_NotAuditor",
        ),
        "requestExit": Power(
            PARTICIPANT, ADMISSIONS + MOTIONS, "Only for the caller, suspended or not.", refused="Registry_WrongStatus"
        ),
        "stay": Power(
            PARTICIPANT,
            ADMISSIONS + MOTIONS,
            "Only for the caller who announced its exit.",
            refused="Registry_WrongStatus",
        ),
        "suspend": Power(
            AUDITOR,
            ADMISSIONS,
            "k of n, with a reason, for at most 30 days. Who is suspended posts no orders and earns no certificates of "
            "its surplus; its orders, trades and points stay, it can cancel and withdraw, and it has its voice.",
            refused="Auditors_NotAuditor",
        ),
        "unlink": Power(
            PARTICIPANT, ADMISSIONS, "Only the caller's own further account, or itself.", refused="Registry_NotLinked"
        ),
    },
    "Motions": {
        "announceChange": Power(
            ANYONE,
            MOTIONS,
            "Only what so many members support as the deployment says; after a change that members announced, auditors "
            "have a window first.",
            forged="Motion_Unknown",
        ),
        "announceExit": inner("ParticipantRegistry", MOTIONS, "Motion_NotRegistry", "Starts the notice."),
        "approve": Power(
            AUDITOR,
            MOTIONS,
            "k of n announce candidates; members can refuse each of them.",
            refused="Auditors_NotAuditor",
            forged="Motion_NotNominated",
        ),
        "enactChange": Power(
            ANYONE,
            MOTIONS,
            "Only a change whose window is over and which members did not refuse.",
            forged="Motion_Unknown",
        ),
        "endExit": inner("ParticipantRegistry", MOTIONS, "Motion_NotRegistry", "Ends the notice."),
        "endVoice": inner("ParticipantRegistry", MOTIONS, "Motion_NotRegistry", "Of somebody who left."),
        "giveVoice": inner("ParticipantRegistry", MOTIONS, "Motion_NotRegistry", "Of somebody who was admitted."),
        "nominate": Power(
            AUDITOR,
            MOTIONS,
            "k of n announce candidates; members can refuse each of them.",
            refused="Auditors_NotAuditor",
            forged="Motion_BadCandidate",
        ),
        "object": Power(
            MEMBER, MOTIONS, "One objection for each member and motion, in its window.", refused="Motion_NotMember"
        ),
        "objectSigned": Power(
            ANYONE,
            MOTIONS,
            "Only objections that members signed, each for one candidate of one motion.",
            signed=MEMBER,
            forged="Motion_NoNewObjection",
        ),
        "objectToChange": Power(
            MEMBER, MOTIONS, "One objection for each member and motion, in its window.", refused="Motion_NotMember"
        ),
        "objectToExit": Power(
            MEMBER,
            MOTIONS,
            "One objection for each member and day of exits, in the notice.",
            refused="Motion_NotMember",
        ),
        "proposeChange": Power(
            MEMBER,
            MOTIONS,
            "One auditor joins or leaves; nothing happens without supporters.",
            refused="Motion_NotMember",
        ),
        "supportChange": Power(
            MEMBER,
            MOTIONS,
            "A member supports one proposal at a time.",
            refused="Motion_NotMember",
            forged="Motion_Unknown",
        ),
        "vote": inner("ParticipantRegistry", MOTIONS, "Motion_NotRegistry", "Counts an auditor's vote on a person."),
        "voteChange": Power(
            AUDITOR,
            MOTIONS,
            "k of n announce a change by one auditor; members can refuse it; after a change that auditors announced, "
            "members have a window first.",
            refused="Auditors_NotAuditor",
            forged="Auditors_BadCommittee",
        ),
    },
}
