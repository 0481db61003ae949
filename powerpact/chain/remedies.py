"""What each error of the contracts means and what to do about it: the one table.

The command line prints from it, and ``docs/errors.md`` is written from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Advice(NamedTuple):
    """Why an error happens, and its remedy."""

    why: str
    remedy: str


_MOTIONS: Final = {
    "Auditors_NotAuditor": Advice(
        "only an auditor may do this", "Send it from an auditor's account; `powerpact members motions` shows changes."
    ),
    "Auditors_BadCommittee": Advice(
        "the number of auditors would not be 1 to 32, or the threshold not between 1 and that number",
        "Name 1 to 32 auditors and a threshold among them.",
    ),
    "Auditors_DuplicateAuditor": Advice("somebody would be an auditor twice", "Name each auditor once."),
    "Auditors_AlreadyVoted": Advice(
        "this auditor has voted on this motion", "Nothing to do: the vote counts. Another auditor has to vote."
    ),
    "Motion_BadRules": Advice(
        "a window, rate or number of the deployment's rules is out of its range",
        "Give windows from 1 s (admissions shorter than the committee's, at most 90 days; exits at most 14 days) and "
        "rates from 1 to 1 000 000 ppm.",
    ),
    "Motion_BadCount": Advice("there are no candidates, or too many", "Put up 1 to 4 096 candidates at once."),
    "Motion_BadCandidate": Advice(
        "a candidate lacks account, tag, permission or user type, is credible above one, has a code of the most energy "
        "above 63, or is expired",
        "Correct the candidate with this index.",
    ),
    "Motion_EmptyReason": Advice("a reason must be given", "State the code of what the decision relies on."),
    "Motion_NotNominated": Advice(
        "nobody put up these very candidates since the committee last changed",
        "Put them up: `powerpact members approve` with all that is attested.",
    ),
    "Motion_NoRoom": Advice("32 motions are running", "Wait until the one in the message ends, or share one motion."),
    "Motion_Unknown": Advice("there is no such motion or proposal", "List them with `powerpact members motions`."),
    "Motion_NoExit": Advice("the account has not announced its exit", "Nothing to do: it is a member."),
    "Motion_NoticeOver": Advice(
        "the notice of the exit has run",
        "Nothing to do: what is open is settled as agreed, and nothing held can leave.",
    ),
    "Motion_NoticeRunning": Advice("the notice of the exit has not run", "Wait until the time in the message."),
    "Motion_ExitRefused": Advice(
        "so many members objected to the exit that it is refused",
        "Settle what they ask for, withdraw the exit with `powerpact members stay`, and announce it again.",
    ),
    "Motion_WindowOver": Advice("the window of the motion is over", "Nothing to do: nobody can object any more."),
    "Motion_WindowOpen": Advice("members can still object", "Wait until the time in the message."),
    "Motion_UnknownCandidate": Advice(
        "the motion has no such candidate", "See its candidates with `powerpact members motions`."
    ),
    "Motion_NotMember": Advice(
        "the account was no member when the motion was announced, or is no member's first account",
        "Send it from the first account of somebody who was a member then.",
    ),
    "Motion_AlreadyObjected": Advice(
        "this member has objected to the motion, or to an exit of the same day",
        "Nothing to do: the objection counts, and there is one for each motion.",
    ),
    "Motion_NoNewObjection": Advice(
        "none of the signatures is of a member who can object and has not",
        "Let members sign who have not objected to this motion.",
    ),
    "Motion_Refused": Advice(
        "members refused it", "Reject the candidate with `powerpact members admit`; it can apply again."
    ),
    "Motion_NotRefused": Advice(
        "too few members objected to refuse the candidate", "Let more members object while the window is open."
    ),
    "Motion_ChangeUndecided": Advice(
        "another change of the committee is undecided",
        "Wait for the end of its window, and let it be enacted: `powerpact members committee enact`.",
    ),
    "Motion_OthersTurn": Advice(
        "the same side announced the last change; the other one has a window to announce its own",
        "Wait until the time in the message.",
    ),
    "Motion_AlreadyEnacted": Advice("the change was enacted", "Nothing to do."),
    "Motion_CannotSupport": Advice(
        "the member supports the proposal already, or it was announced", "Nothing to do, or support another one."
    ),
    "Motion_TooFewSupporters": Advice("fewer members than needed support the proposal", "Let more members support it."),
    "Motion_NotRegistry": Advice(
        "only the registry of participants may call this", "Use the function of the registry instead."
    ),
}

_PARTICIPANTS: Final = {
    "Registry_WrongStatus": Advice(
        "the account's admission does not allow this step",
        "See the admission with `powerpact balance`: apply first, be admitted next, trade then.",
    ),
    "Registry_WrongApplication": Advice(
        "it is not the account's open application",
        "Look at the latest application and decide on that one.",
    ),
    "Registry_HasApplied": Advice(
        "the account has an open application", "Wait for the auditors and the window: `powerpact members motions`."
    ),
    "Registry_EmptyAttributes": Advice(
        "the application commits to no attribute set", "Apply with the hash of the attribute set."
    ),
    "Registry_EmptyReason": Advice("a reason must be given", "State the reason."),
    "Registry_BadSuspension": Advice(
        "the suspension ends in the past or more than 30 days ahead", "Name an end within 30 days from now."
    ),
    "Registry_CandidateExpired": Advice(
        "what the auditors attested expired before the admission", "Apply again; let the auditors attest a later end."
    ),
    "Registry_NothingToDo": Advice(
        "none of these candidates has the application open that was audited",
        "Nothing to do: they were admitted or rejected before.",
    ),
    "Registry_OtherPerson": Advice(
        "the account is or was another person's", "Take an account that no other person has used."
    ),
    "Registry_TooManyAccounts": Advice(
        "a person has at most 8 accounts beside the first", "Unlink one first: `powerpact members unlink`."
    ),
    "Registry_TooManyPersons": Advice(
        "orders can tell no more persons apart", "Nobody new can be admitted: deploy another market."
    ),
    "Registry_BadSignature": Advice(
        "the account to be linked did not sign this", "Let it sign a `Link` for this member and its next application."
    ),
    "Registry_NotLinked": Advice(
        "the account is none of the sender's further ones", "Send it from the member's first account, or its own."
    ),
    "Registry_OpenObligations": Advice(
        "points of the account are still reserved or locked",
        "Cancel open orders and let trades be settled or refunded, then leave.",
    ),
}

_CREDENTIALS: Final = {
    "Credentials_AlreadyRevoked": Advice(
        "this signature under the credential is revoked already", "Nothing to do: it counts no more."
    ),
    "Credentials_NotAscending": Advice(
        "the issuers are not in ascending order, or one is named twice", "Sort the issuers by address, each once."
    ),
}

_DEVICES: Final = {
    "Device_OwnerNotActive": Advice(
        "the owner is not admitted, or is suspended", "Apply and wait for the auditors' approval first."
    ),
    "Device_Unknown": Advice("there is no device with this id", "List the devices with `powerpact device list`."),
    "Device_KeyTaken": Advice(
        "this key belongs to a device already", "Make a new key for the new device with `powerpact account new`."
    ),
    "Device_BadSignature": Advice(
        "the device's key did not sign these details for this owner",
        "Sign with the key itself: for this owner, kind, carrier, source, subnet and capacity; in place of another, "
        "for this device, its owner and the key that it replaces.",
    ),
    "Device_BadParameters": Advice(
        "the source code or the capacity is zero", "Name the energy source (1 to 255) and a capacity in Wh."
    ),
    "Device_NotAuditor": Advice("only an auditor certifies devices", "Send it from an auditor's account."),
    "Device_NotOwner": Advice("the device belongs to another participant", "Send it from the owner's account."),
    "Device_AlreadyVoted": Advice(
        "this auditor has voted for this device", "Nothing to do: the vote counts. Another auditor has to vote."
    ),
    "Device_AlreadyCertified": Advice("the device is certified already", "Nothing to do."),
    "Device_Retired": Advice(
        "the device is permanently out of service, by its owner or by the auditors",
        "Add a new device with a new key, and have it certified.",
    ),
    "Device_OtherContent": Advice(
        "the device with this id is not the one that the vote is for",
        "Look at the device with `powerpact device list`, and vote for what you see if it is right.",
    ),
    "Device_NotCertified": Advice("the device is not certified", "Nothing to do: it can neither sell nor certify."),
    "Device_EmptyReason": Advice("a device is decertified for a reason", "Say why with --reason."),
    "Device_ChangePending": Advice(
        "the device's last change has not taken effect", "Wait until the time in the message, and try again."
    ),
    "Device_KeyDistrusted": Advice(
        "the device's key is not trusted any more", "Its owner gives it another key: `powerpact device rotate`."
    ),
    "Device_UnknownKey": Advice("no device has or had this key", "List the devices with `powerpact device list`."),
    "Device_BadTime": Advice("the time is zero or in the future", "Name a time in the past."),
    "Device_NotEarlier": Advice(
        "the key is not trusted from that time on already", "Nothing to do, or name an earlier time."
    ),
    "Device_NotOwnerThen": Advice(
        "the device had another owner at that time",
        "Name a time since you own it; the auditors can name an earlier one.",
    ),
    "Device_NotOffered": Advice(
        "the device is not offered to this account", "Ask its owner for `powerpact device offer` with your address."
    ),
    "Device_Undecided": Advice(
        "the device has an undecided order for this slot, perhaps this very order",
        "Cancel the other order first, or decide it with `powerpact round decide` once its round is final.",
    ),
    "Device_AboveCapacity": Advice(
        "the device would sell more of the slot than it can deliver", "Offer less, or use another device."
    ),
    "Device_OtherLength": Advice(
        "the device uses slots of another length at this time",
        "Trade or certify in slots of that length, or use another device.",
    ),
    "Device_BadSlot": Advice(
        "this deployment has no such slot",
        "Use a length that is a multiple of the base interval and divides the longest slot, from a multiple of it.",
    ),
    "Device_BadIntervals": Advice(
        "the longest slot is not 1 to 255 base intervals", "Deploy with intervals in seconds, such as 900 and 3600."
    ),
    "Device_NotDeliveries": Advice("only Deliveries fixes the length of slots", "Issue certificates instead."),
    "Device_NotUndecided": Advice("the order is decided already", "Nothing to do."),
    "Device_NotOrderBook": Advice("only the order book offers devices for sale", "Post a sell order instead."),
    "Device_NotMarket": Advice(
        "only the order book and the settlement decide orders",
        "Cancel or release the order, or decide it by its trade.",
    ),
}

_POINTS: Final = {
    "Points_NotUtility": Advice(
        "only the utility issues points, and it must be an account",
        "Send it from the utility's account; the deployment file names it.",
    ),
    "Points_DepositAlreadyUsed": Advice(
        "points were issued for this deposit already", "Use the reference of a new deposit."
    ),
    "Points_EmptyReference": Advice("a reference must be given", "Name the deposit or the bill."),
    "ERC20InsufficientBalance": Advice(
        "the account has fewer points than that", "See `powerpact balance`; the utility issues points on a deposit."
    ),
    "ERC20InsufficientAllowance": Advice(
        "the spender may not take that many points", "Use `powerpact deposit`, which signs a permit for the sum."
    ),
    "ERC20InvalidApprover": Advice("the zero address cannot approve", "Use a real account."),
    "ERC20InvalidReceiver": Advice("points cannot go to the zero address", "Name a real account."),
    "ERC20InvalidSender": Advice("points cannot come from the zero address", "Name a real account."),
    "ERC20InvalidSpender": Advice("the zero address cannot be a spender", "Name a real account."),
    "ERC2612ExpiredSignature": Advice("the permit's deadline is over", "Sign a new permit with a later deadline."),
    "ERC2612InvalidSigner": Advice(
        "the permit was not signed by the owner, or its nonce is used", "Sign again with the present nonce."
    ),
    "InvalidAccountNonce": Advice("the nonce is not the account's next", "Sign again with the present nonce."),
}

_CERTIFICATES: Final = {
    "Certificates_NotDeliveries": Advice(
        "only Deliveries mints certificates", "Report a reading and settle, or call Deliveries.issue."
    ),
    "Certificates_NotSubnets": Advice(
        "only Subnets holds lots and frees them", "Have auditors vote with `powerpact subnet flag` or `clear`."
    ),
    "Certificates_Held": Advice(
        "auditors hold the lot, since its subnet's exchange does not agree with what is inside",
        "Wait until the time in the message, or until auditors clear the flag: `powerpact subnet show`.",
    ),
    "Certificates_HeldBefore": Advice(
        "the lot is held already, or was; a lot is held once", "Leave the lot out, and flag the others."
    ),
    "Certificates_NothingToRetire": Advice("the energy to retire is zero", "Retire at least 1 Wh."),
    "Certificates_NoBeneficiary": Advice("no beneficiary is named", "Name whom the energy is retired for."),
    "ERC1155InsufficientBalance": Advice(
        "the holder has less of this certificate", "List what you hold with `powerpact certificates list`."
    ),
    "ERC1155InvalidApprover": Advice("the zero address cannot approve", "Use a real account."),
    "ERC1155InvalidArrayLength": Advice("ids and values, or accounts and ids, differ in number", "Give one for each."),
    "ERC1155InvalidOperator": Advice("the zero address cannot be an operator", "Name a real account."),
    "ERC1155InvalidReceiver": Advice(
        "the receiver is the zero address or a contract that does not take certificates",
        "Send to an account or to a contract that implements ERC-1155's receiver.",
    ),
    "ERC1155InvalidSender": Advice("certificates cannot come from the zero address", "Name the holder."),
    "ERC1155MissingApprovalForAll": Advice(
        "the sender may not move this holder's certificates",
        "Have the holder approve the sender, or send as the holder.",
    ),
}

_METERING: Final = {
    "Metering_EmptyBatch": Advice("there is no reading in the batch", "Report at least one reading."),
    "Metering_BatchTooLarge": Advice("a batch holds at most 256 readings", "Split the batch."),
    "Metering_BadSignature": Advice(
        "the device's key did not sign this reading for this contract",
        "Sign with the device's key and the deployment's chain id and metering address. A new meter has a new key and "
        "a device of its own: `powerpact device exchange` (docs/meter-exchange.md).",
    ),
    "Metering_LengthMismatch": Advice("readings and signatures differ in number", "Give one signature for each."),
    "Metering_SlotNotOver": Advice("the slot has not ended", "Report after the slot's end."),
    "Metering_SlotMisaligned": Advice(
        "the slot does not start at a multiple of the slot length", "Report whole slots of the deployment."
    ),
    "Metering_AlreadyReported": Advice(
        "the device's reading of this slot is reported",
        "Nothing to do. To change it inside its correction window, correct it: `powerpact meter correct`.",
    ),
    "Metering_SlotNotAfterLast": Advice(
        "the device has reported a later slot: this one is reported, or was passed over as a gap",
        "Report the slots in order of time. If the meter was exchanged, give the new one a device of its own: "
        "`powerpact device exchange` (docs/meter-exchange.md).",
    ),
    "Metering_PredecessorNotBefore": Advice(
        "the reading names a predecessor that ends after it starts", "Name the interval that was measured before."
    ),
    "Metering_PredecessorPassed": Advice(
        "the reading names a predecessor before the device's last interval",
        "Name the device's last interval, or a later one that is missing.",
    ),
    "Metering_PredecessorMissing": Advice(
        "the reading before this one is not on the chain and can still come",
        "Report the predecessor first, or this reading once the time that the error states is over.",
    ),
    "Metering_UnusedBitsSet": Advice(
        "a bit above the fields of the reading is set", "Pack the reading with the library; leave these bits zero."
    ),
    "Metering_LengthNotBase": Advice(
        "the interval does not have the deployment's base length", "Report one base interval at a time."
    ),
    "Metering_UnknownQuality": Advice(
        "the quality is none of 1 (measured), 2 (substituted) and 3 (estimated)", "State how the energy is known."
    ),
    "Metering_VersionZero": Advice("the version is 0", "Count versions from 1."),
    "Metering_CounterFell": Advice(
        "the counter at the slot's start is below the last one reported",
        "Report the counter as the meter shows it. If it runs again from the start, the meter was exchanged or reset: "
        "give it a device of its own with `powerpact device exchange` (docs/meter-exchange.md).",
    ),
    "Metering_CounterBelowEnergy": Advice(
        "the counter is below the slot's own energy",
        "Report the lifetime counter at the slot's end, not the energy of the slot alone.",
    ),
    "Metering_AboveCapacity": Advice(
        "the energy is above what the device can do in a slot",
        "Check the reading; a meter with more capacity is a new device: `powerpact device exchange --capacity-wh` "
        "(docs/meter-exchange.md).",
    ),
    "Metering_UnknownReading": Advice(
        "the reading is not in this batch", "Use the reading and proof as they were reported."
    ),
    "Metering_KeyNotCertified": Advice(
        "the device changed, and was never certified with the key of this interval",
        "Have the auditors certify it, then report: `powerpact device certify`.",
    ),
    "Metering_KeyDistrusted": Advice(
        "the interval ends after the time from which the key is not trusted",
        "This reading is never taken. Give the device another key: `powerpact device rotate`.",
    ),
    "Metering_GraceOver": Advice(
        "the device changed more than a week ago, and the interval is before that",
        "Report later intervals; what is not reported within a week of a change is lost.",
    ),
    "Metering_WrongReading": Advice(
        "a reading is of another device, not of the slot or out of order, or one before it may be missing",
        "Give the device's readings of the slot in their order.",
    ),
    "Metering_NotWhole": Advice(
        "readings are missing at the end of the slot",
        "Give them, or the reading after them, which shows that there are none.",
    ),
    "Metering_NotMeasured": Advice(
        "a reading is substituted or estimated, and can still be corrected",
        "Wait until the time that the error states, or for the measured reading.",
    ),
    "Metering_WindowTooLong": Advice(
        "correction window and longest slot are more than 7 days", "Deploy with a shorter correction window."
    ),
    "Correction_OtherInterval": Advice(
        "the correction and the reported reading are not of one device and interval",
        "Show the reading of this interval.",
    ),
    "Correction_OtherPredecessor": Advice(
        "the correction names another predecessor than the reported reading", "Name the same predecessor."
    ),
    "Correction_TooLate": Advice(
        "the reading is final: its correction window is over", "Nothing to do; the next readings count on from it."
    ),
    "Correction_VersionNotHigher": Advice(
        "the interval has this version, or a higher one, already", "Sign the correction with the next version."
    ),
    "Correction_NotNeighbour": Advice(
        "a reading that is shown is neither the interval's predecessor nor its successor", "Show those, or none."
    ),
    "Correction_CounterOverlaps": Advice(
        "a counter at the end of the interval is above the one at the start of the next",
        "Show the corrected reading of the next interval, or state the counter as it was then.",
    ),
}

_DELIVERIES: Final = {
    "Delivery_NotSettlement": Advice("only the settlement delivers", "Settle with `powerpact settle`."),
    "Delivery_AlreadyIssued": Advice("certificates of this device and slot exist already", "Nothing to do."),
    "Delivery_Undecided": Advice(
        "an order of the device for the slot is undecided",
        "Release the order, or decide it by its trade, once its round is final.",
    ),
    "Delivery_ImportNotMeasured": Advice(
        "an interval of the buyer's meter has no reading, or none that is measured",
        "Settle without the meter's readings once they are not waited for any more.",
    ),
    "Delivery_NoReading": Advice("no reading is given", "Give the device's readings of the slot."),
    "Delivery_NotCertified": Advice(
        "the device was not certified when the slot began", "Have the auditors certify it; later slots count."
    ),
    "Delivery_Storage": Advice(
        "what a storage gives back earns no certificates: the energy was certified where it was made, or came from the "
        "grid",
        "Nothing to do: it is sold and paid without certificates.",
    ),
    "Delivery_Stopped": Advice(
        "the device was retired or decertified before the slot began",
        "Add a new device with a new key, and have it certified; later slots count.",
    ),
    "Delivery_OwnerSuspended": Advice(
        "the device's owner was suspended when the slot began",
        "Nothing to do: slots that start after the suspension count.",
    ),
}

_SUBNETS: Final = {
    "Subnet_BadHoldTime": Advice(
        "the time for which lots can be held is zero, or above 90 days",
        "Give `powerpact deploy --hold-time` within that.",
    ),
    "Subnet_NotAuditor": Advice("only an auditor may do this", "Send it from an auditor's account."),
    "Subnet_AlreadyVoted": Advice(
        "this auditor has voted for this", "Nothing to do: the vote counts. Another auditor has to vote."
    ),
    "Subnet_Unknown": Advice(
        "nobody formed the subnet", "Form it first: `powerpact subnet form`; list them with `powerpact subnet list`."
    ),
    "Subnet_OtherRevision": Advice(
        "the subnet was changed since the auditor looked at it",
        "Look at it with `powerpact subnet show`, and vote again.",
    ),
    "Subnet_NotExchange": Advice(
        "the device is no exchange, or there is none with this id",
        "Bind one with `powerpact device add --kind exchange`.",
    ),
    "Subnet_NotInside": Advice(
        "the exchange is of another subnet, or the lot's device is neither in the subnet nor in one under it",
        "Name an exchange that was bound with the subnet's number (`device add --subnet`), and lots of devices in it.",
    ),
    "Subnet_ExchangeNotCertified": Advice(
        "the exchange is not certified as it is now, or out of service",
        "Have the auditors certify it: `powerpact device certify`.",
    ),
    "Subnet_BadTolerance": Advice("a tolerance is at most 1 000 000 ppm", "State a smaller one."),
    "Subnet_OtherCarrier": Advice(
        "a subnet has one carrier, that of its exchange, of the exchange before and of the subnet above it",
        "Name an exchange of that carrier, or form another subnet.",
    ),
    "Subnet_UnderItself": Advice("a subnet cannot hang under itself", "Name another parent, or the root."),
    "Subnet_HasChildren": Advice(
        "others hang under the subnet, so it stays where it is", "Hang those elsewhere first, from the lowest level up."
    ),
    "Subnet_TooDeep": Advice("the parent is on the eighth level, the last one", "Name a parent on a higher level."),
    "Subnet_NoEvidence": Advice("the hash of the evidence or finding is zero", "Name what shows or settles it."),
    "Subnet_SlotNotOver": Advice("the slot is none, or not over", "Wait until it is over and its readings are there."),
    "Subnet_BadCount": Advice("a flag names 1 to 100 lots", "Name lots, or split the flag."),
    "Subnet_NotAscending": Advice("the lots do not rise", "Name each lot once, in rising order of the ids."),
    "Subnet_OtherSlot": Advice("the lot's slot does not overlap the flagged one", "Leave the lot out."),
    "Subnet_AlreadyFlagged": Advice(
        "this is flagged already, or was", "Nothing to do; `powerpact subnet show` lists the flags."
    ),
    "Subnet_NotFlagged": Advice("nobody flagged this", "List the flags with `powerpact subnet show`."),
    "Subnet_HoldOver": Advice("the lots are free already", "Nothing to do."),
}

_ROUTERS: Final = {
    "Router_NotRouter": Advice(
        "the device is no router, or there is none with this id",
        "Sign with a router's key; bind one with `powerpact device add --kind router`.",
    ),
    "Router_Stopped": Advice(
        "the router was retired or decertified",
        "Add a new router with a new key, and have it certified. Devices can report by themselves meanwhile.",
    ),
    "Router_NotCertified": Advice(
        "the router is not certified as it is now, or was never with its key of now",
        "Have the auditors certify it: `powerpact device certify`. Devices can report by themselves meanwhile.",
    ),
    "Router_KeyDistrusted": Advice(
        "the router's key is not trusted any more", "Its owner gives it another key: `powerpact device rotate`."
    ),
    "Router_BadSignature": Advice(
        "the router's key of now did not sign this batch for this contract",
        "Sign with the router's key, its next turn, and the chain id and address of the deployment.",
    ),
    "Router_WrongTurn": Advice(
        "the batch is not the router's next one",
        "Nothing to do if it is committed already (`powerpact router batches`); else sign it again with the next turn.",
    ),
    "Router_BadCount": Advice("a batch holds 1 to 65 536 readings", "Split the batch."),
    "Router_NothingShown": Advice("no reading is shown", "Show at least one reading of the batch."),
    "Router_LengthMismatch": Advice("readings and places differ in number", "Give one place for each reading."),
    "Router_BadPlace": Advice(
        "a place is not in the batch, or not after the one before",
        "Show readings in the order of the batch, each once.",
    ),
    "Router_WrongSiblings": Advice(
        "there are more or fewer siblings than the places ask for",
        "Build the proof from the router's file: `powerpact router prove`.",
    ),
    "Router_NotCommitted": Advice(
        "the router committed to no batch in which these readings are at these places",
        "Build the proof from the very file that was committed; `powerpact router check` compares them.",
    ),
}

_MARKETS: Final = {
    "Market_AlreadyOpen": Advice("a market with these rules exists", "Use the market with this id."),
    "Market_Unknown": Advice("there is no market with this id", "List the markets with `powerpact market list`."),
    "Market_BadTimes": Advice(
        "the times do not fit: now < closesAt <= slotStart, closesAt < finalBy <= closesAt + 30 days, refundFrom one "
        "slot after the later of finalBy + 5 challenge windows and the slot's end, one longest slot after the slot's "
        "readings are final, or up to 30 days later",
        "Correct the times; a gate that closes in the future comes first.",
    ),
    "Market_BadSlot": Advice(
        "the slot's length is no multiple of the base interval that divides the longest slot, or its start none of it",
        "Choose another length or start.",
    ),
    "Market_BadUnderuse": Advice(
        "the rate of an under-use is above one, or not one where the export alone settles",
        "State it in ppm, at most 1 000 000, and 1 000 000 in a market that settles by the export.",
    ),
    "Market_BadSchema": Advice(
        "counts, names and masks of attributes or classes differ, or there are more than eight",
        "Name at most 8 attributes and 8 classes, and set no bit beyond them.",
    ),
    "Market_BadAttributeName": Advice(
        "the name of an attribute is not 1 to 32 printable characters of ASCII without a backslash, or is there twice",
        "Rename the attribute at this place.",
    ),
    "Market_BadCategoryName": Advice(
        "the name of a category is not 1 to 32 printable characters of ASCII without a backslash, or is there twice",
        "Rename the category at this place.",
    ),
    "Market_BadZone": Advice(
        "the zone is not printable ASCII, with zeros behind it", "Name the zone in up to 24 printable characters."
    ),
    "Market_BadLeast": Advice(
        "an order may have no energy, or a buy order reserve nothing",
        "Let the least energy be 1 Wh or more, and the least reservation 1 micro-point or more.",
    ),
    "Market_BondTooLow": Advice(
        "an eighth of the bond is less than twice what a challenge costs, or that is not stated",
        "Raise the bond to 16 times the cost of a challenge or more; without a challenge window both are 0.",
    ),
    "Market_BadSource": Advice(
        "the source of an attribute's value is unknown", "Use source 0 to 4, 0 beyond the last."
    ),
    "Market_NoArbiter": Advice("the market has no arbiter", "Name an account as the third key of its escrows."),
    "Market_RateAboveOne": Advice(
        "tolerance, penalty or k is above 1 000 000 ppm", "State rates in ppm, at most 1 000 000."
    ),
    "Market_BadContest": Advice(
        "challenge window (at most a week) and bond, or endorsements (at most 32) and endorsers, do not go together",
        "State both of a pair or none; endorsements need a challenge window.",
    ),
    "Market_UnknownMechanism": Advice(
        "the rules name a mechanism that does not exist", "Name 0 (satisfaction) or 1 (call auction)."
    ),
    "Market_UnfitForMechanism": Advice(
        "a rule is not what the market's mechanism needs",
        "Satisfaction matching has no k; a call auction is divisible, without price rule, attributes and categories.",
    ),
    "Market_NotOrderBook": Advice("only the order book numbers batches", "Post orders instead."),
    "Market_GateClosed": Advice("the gate has closed, the set of orders is fixed", "Trade in a later slot's market."),
    "Market_OpenerNotActive": Advice(
        "only an admitted participant opens markets", "Apply and be admitted, or ask one to open it."
    ),
}

_ORDERS: Final = {
    "Order_EmptyBatch": Advice("there is no order in the batch", "Post at least one order."),
    "Order_BatchTooLarge": Advice("a batch holds at most 256 orders", "Split the batch."),
    "Order_LengthMismatch": Advice("orders and signatures differ in number", "Give one signature for each."),
    "Order_NotTrader": Advice("the order belongs to another trader", "Send it from the trader's account."),
    "Order_TraderNotActive": Advice(
        "the trader is not admitted, or is suspended", "Apply, or wait for the end of the suspension."
    ),
    "Order_SideNotPermitted": Advice(
        "the auditors did not attest that the trader may buy, or sell",
        "Order on the other side, or apply for a renewal of the admission: `powerpact members apply`.",
    ),
    "Order_EnergyNotPermitted": Advice(
        "the order has more energy than the auditors attested as the most of one order",
        "Order less at once, or apply for a renewal of the admission: `powerpact members apply`.",
    ),
    "Order_CarrierNotPermitted": Advice(
        "the auditors did not attest that the trader may trade what flows in this market",
        "Order in a market of another carrier, or apply for a renewal of the admission: `powerpact members apply`.",
    ),
    "Order_NotMandated": Advice(
        "the order is posted under a mandate and does not say so",
        "Set the bit `mandated`, or post it as a plain order.",
    ),
    "Order_BadSignature": Advice(
        "neither the trader's key nor the trader's contract signed exactly this order for this market, chain and book",
        "Sign again; leave out the order at this index to post the others.",
    ),
    "Order_ExpiresEarly": Advice(
        "the order expires before the gate closes", "Sign it with an expiry at gate closure or later."
    ),
    "Order_BelowLeastEnergy": Advice(
        "the order has less energy than this market takes", "Order at least the market's least energy."
    ),
    "Order_BelowLeastReservation": Advice(
        "the order would reserve less than this market asks for", "Buy more energy, or bid more."
    ),
    "Order_ZeroPrice": Advice("the bid or ask is zero", "State the price in micro-points per kWh."),
    "Order_MinAboveAsk": Advice("the seller's minimum is above the ask", "Lower the minimum or raise the ask."),
    "Order_MinFillNotZero": Advice("a divisible market knows no least fill", "Leave `minFill` zero."),
    "Order_MinFillAboveOne": Advice("the least fill is above 1 000 000 ppm", "State it in ppm of the order's energy."),
    "Order_AcceptedInAdvance": Advice("acceptance in advance has no rule yet", "Leave `accept` false."),
    "Order_MeterNotZero": Advice("the import of a buyer does not count in this market", "Leave `meter` zero."),
    "Order_MeterMissing": Advice(
        "the import of a buyer counts in this market", "Name a certified meter of the buyer's own."
    ),
    "Order_AskNotMin": Advice("in a call auction a seller names one price", "Give the same ask and minimum."),
    "Order_NotReleaser": Advice("only the contract Releases releases orders", "Use `powerpact refund MARKET`."),
    "Order_UnusedFieldSet": Advice(
        "a field is set that this side, this market or the attestation does not leave to the trader",
        "Leave attested attributes and classes, and those beyond the schema, zero.",
    ),
    "Order_WeightsSum": Advice("the weights do not sum to 1 000 000", "Correct the weights, in ppm."),
    "Order_LimitBeyondExpectation": Advice(
        "a limit is on the wrong side of its expectation",
        "Income: limit <= expectation. Cost: limit >= expectation.",
    ),
    "Order_ClassMissing": Advice(
        "the seller does not state its class of a category, counted from 0 in the market's order",
        "State `--class CATEGORY=CLASS` for each; `powerpact market show` lists them with their labels.",
    ),
    "Order_DeviceNotOwned": Advice(
        "the device that is to deliver is not the seller's", "Name one of your devices: `powerpact device list`."
    ),
    "Order_DeviceUnfit": Advice(
        "the device is not certified, is retired, or is of another carrier or subnet than the market",
        "Have it certified, or use a device that fits the market.",
    ),
    "Order_Unknown": Advice("the order is not in the market's books", "List the orders with `powerpact order list`."),
    "Order_AlreadyClosed": Advice("the order is cancelled or released already", "Nothing to do."),
    "Order_StillBound": Advice(
        "the order trades, or the round is not decided yet",
        "Wait for the final round or for its time limit; a traded order ends by settlement.",
    ),
}

_MANDATES: Final = {
    "Mandate_AlreadyRegistered": Advice("the mandate is registered already", "Order under it: its number is stated."),
    "Mandate_Revoked": Advice("its trader revoked the mandate", "Have the trader sign another one, with a new serial."),
    "Mandate_BadSignature": Advice(
        "neither the trader's key nor the trader's contract signed exactly this mandate for this chain and deployment",
        "Sign it again with `powerpact mandate sign`.",
    ),
    "Mandate_Malformed": Advice(
        "the mandate is for no side, names no delegate, or sets bits that no field has",
        "State a side and a delegate, and pack it as contracts/types/Mandates.sol says.",
    ),
    "Mandate_NotTrader": Advice("the mandate is another trader's", "Send it from the account of its trader."),
    "Mandate_NotOrderBook": Advice("only the order book counts orders", "Post orders by `placeMandated` instead."),
    "Mandate_LengthMismatch": Advice(
        "orders, mandates and signatures differ in number", "Give one mandate and one signature for each order."
    ),
    "Mandate_WrongNumber": Advice(
        "the order does not carry the number of its mandate, or the mandate is not registered",
        "Register the mandate, and write its number in place of the nonce.",
    ),
    "Mandate_OtherTrader": Advice(
        "the order is of another trader than the mandate", "Order in the name of the mandate's trader."
    ),
    "Mandate_NotDelegate": Advice(
        "the delegate did not sign this order for this market and turn",
        "Sign it again with the delegate's key, for the turn that the contract states.",
    ),
    "Mandate_OtherDesign": Advice(
        "the market's rules are not those that the mandate was signed for",
        "Order in a market of its design, or have the trader sign a mandate for this one.",
    ),
    "Mandate_OtherTimes": Advice(
        "the slot is outside of the mandate, or the market's gate or refund nearer or farther than it allows",
        "Compare `powerpact mandate show` with `powerpact market show`.",
    ),
    "Mandate_OtherSide": Advice("the mandate is not for this side", "Have the trader sign one that is."),
    "Mandate_OtherDevice": Advice("the order names another device", "Name the mandate's device."),
    "Mandate_OtherPrice": Advice(
        "the bid is above, or the minimum below, what the mandate allows", "Stay within the stated bound."
    ),
    "Mandate_OtherTerms": Advice(
        "classes, least fill, expectations, limits, weights or attributes are not the mandate's",
        "Take them from the mandate, as `powerpact order buy --mandate` does.",
    ),
    "Mandate_OrderOpen": Advice(
        "an order of this mandate, market and side is open", "Cancel that one first; the delegate may."
    ),
    "Mandate_TooMuch": Advice(
        "the orders of this slot, or all orders that are open or have traded, have more energy than the mandate says",
        "Order less, or have the trader sign a larger mandate.",
    ),
}

_CLEARING: Final = {
    "Clearing_BadMechanisms": Advice(
        "the deployment names no mechanism, or more than there is room for", "Deploy with 1 to 4 mechanisms."
    ),
    "Clearing_UnknownMechanism": Advice(
        "the market's rules name a mechanism that this deployment lacks", "Open a market with another mechanism."
    ),
    "Clearing_GateOpen": Advice("orders can still come", "Wait for gate closure, then propose."),
    "Clearing_TooLate": Advice(
        "the time for a final round is over", "Release the orders with `powerpact refund`; trade in a later market."
    ),
    "Clearing_AlreadyFinal": Advice("the round has a final proposal", "Nothing to do: settle it."),
    "Clearing_NotFinal": Advice(
        "the round has no final proposal yet", "Solve and submit it first: `powerpact round submit`."
    ),
    "Clearing_UnknownProposal": Advice("there is no proposal with this id", "See `powerpact round status`."),
    "Clearing_NotAgent": Advice("the proposal belongs to another agent", "Begin your own proposal."),
    "Clearing_ProofBegun": Advice(
        "trades cannot be added once the proof has begun", "Go on proving, or begin a new proposal."
    ),
    "Clearing_ChunkTooLarge": Advice("a chunk holds at most 128 trades", "Add the rest with `extend`."),
    "Clearing_LinkNotRising": Advice(
        "a trade does not stand behind the one before, so that a pair could trade twice",
        "Sort the trades by sell order and then buy order, through all chunks.",
    ),
    "Clearing_UnknownOrder": Advice(
        "there is no order with this id in the batches given", "Give the batches up to the last one that is needed."
    ),
    "Clearing_PriceBeyondLimits": Advice(
        "the price of a trade is above the buyer's bid or below the seller's minimum",
        "Solve again; leave out orders that the price excludes.",
    ),
    "Clearing_WrongFill": Advice(
        "the chunk says another energy of the order's earlier trades than the proposal holds",
        "Sum up the order's trades in the earlier chunks.",
    ),
    "Clearing_WrongPrices": Advice(
        "the public prices are not those with which the proposal began", "Give them as PricesProposed announced them."
    ),
    "Clearing_WrongRow": Advice(
        "the proof does not begin with the first order that is not proven",
        "Continue with the row that `powerpact round status` names.",
    ),
    "Clearing_OrderClosed": Advice("an order of the trades is cancelled", "Read the orders again and solve again."),
    "Clearing_OrderUsedTwice": Advice(
        "an order is in two trades, or in two chunks without being continued", "Solve again; use each order once."
    ),
    "Clearing_WrongSide": Advice(
        "a buy order is where a sell order belongs, or the other way round", "Exchange the two orders of the claim."
    ),
    "Clearing_WrongStatus": Advice(
        "the proposal is in another state than the call needs", "See its state with `powerpact round status`."
    ),
    "Clearing_EmptyChunk": Advice("a chunk names orders but no trades", "Add at least one trade, or no orders."),
    "Clearing_BadLink": Advice(
        "a trade names a place beyond the list of orders", "Number the orders of the chunk from 0."
    ),
    "Clearing_OrderUnused": Advice(
        "an order of the chunk has no trade in it", "List exactly the orders that the chunk's trades name."
    ),
    "Clearing_DualChanged": Advice(
        "the order has another dual price in an earlier chunk", "Give each order one dual price."
    ),
    "Clearing_WrongEnergy": Advice(
        "the energy of a trade is zero, or in a one-to-one market not the smaller one of its orders",
        "State whole Wh, at least 1; in a one-to-one market the smaller energy of the two.",
    ),
    "Clearing_Overfilled": Advice(
        "an order would trade more than its energy", "Solve again; the trades of an order sum to its energy at most."
    ),
    "Clearing_NotExact": Advice(
        "the dual prices prove another bound than the objective, so there is nothing to prove",
        "Solve again, or seal the proposal to have it ranked by its objective.",
    ),
    "Clearing_ProofOnly": Advice(
        "the market has no challenge window", "Prove the round whole: `powerpact round submit` does."
    ),
    "Clearing_NotBetter": Advice(
        "a proposal that is as good is active", "Nothing to do: it becomes final, unless someone refutes it."
    ),
    "Clearing_WindowOpen": Advice(
        "the proposal can still be challenged, or better ones can still come", "Wait for the stated time."
    ),
    "Clearing_WrongEndorsers": Advice(
        "the endorsers are not those of the market", "Name them all, in the order in which the market was opened."
    ),
    "Clearing_BadEndorsement": Advice(
        "an endorsement is not that endorser's over this proposal, or out of order",
        "Have it signed again with `powerpact round endorse`; give each endorser once, in the order of the market.",
    ),
    "Clearing_TooFewEndorsements": Advice(
        "the market asks for more endorsements", "Collect them with `powerpact round endorse`, then seal."
    ),
    "Clearing_WrongExhibit": Advice(
        "the order shown trades another energy in the proposal", "Show it with the sum of its trades there."
    ),
    "Clearing_UnknownTrade": Advice(
        "the trade shown is not in the proposal", "Show it as TradesProposed announced it."
    ),
    "Clearing_ForeignTrade": Advice("the trade shown is not one of the order", "Show a trade of this very order."),
    "Clearing_WrongOrders": Advice(
        "the orders given are not exactly those of this batch", "Give all orders as OrdersPlaced announced them."
    ),
    "Clearing_WrongTrades": Advice(
        "the trades given are not exactly those of the proposal, chunk by chunk",
        "Give all trades as TradesProposed announced them.",
    ),
    "Clearing_Incomplete": Advice(
        "batches of orders are missing, or there are too many", "Give every batch of orders."
    ),
}

_REFUTATIONS: Final = {
    "Refutations_NotClearing": Advice("only the clearing says what is refuted", "Challenge the proposal instead."),
    "Refutations_CommittedBefore": Advice("this hash is written down already", "Draw another salt."),
    "Refutations_NothingOpen": Advice("no part of a bond waits for its winner", "Nothing to do."),
    "Refutations_RevealOver": Advice("the day in which commitments count is over", "Show commitments at once."),
    "Refutations_RevealRuns": Advice("earlier commitments can still be shown", "Wait for the stated time."),
    "Refutations_NotCommitted": Advice(
        "nobody committed to these orders between the seal and the refutation",
        "Name who committed, the orders and the salt of that commitment.",
    ),
    "Refutations_CommittedLater": Advice("an earlier commitment was shown, or this one", "Nothing to do."),
}

_MECHANISMS: Final = {
    "Mechanism_WrongExhibits": Advice(
        "the mechanism of this market asks for another number of orders", "Show as many orders as the message asks for."
    ),
    "Mechanism_BadPrices": Advice(
        "the public prices do not have the form of the market's mechanism",
        "Give the certificate of the mechanism; none for satisfaction matching.",
    ),
    "Call_BadPrices": Advice(
        "price, interval and rationing contradict each other or the market's k",
        "Solve again; give the certificate of the solution.",
    ),
    "Call_WrongDual": Advice(
        "the dual price of an order is not its distance from the price", "Give |limit - price| for each order."
    ),
    "Call_NotAttained": Advice(
        "the order does not attain the end of the price interval, or no order does",
        "Show the marginal orders of the solution: first the one at the upper end.",
    ),
    "Call_OrderFits": Advice(
        "the order gets what the price says: it refutes nothing",
        "Nothing to do; `powerpact watch` finds the orders that refute.",
    ),
    "Call_WrongFill": Advice(
        "the order does not get what the price says, or narrows its interval",
        "Solve again with every open order, and submit those trades.",
    ),
    "Satisfaction_NotEligible": Advice(
        "the pair breaks a hard constraint or a limit of one of its own orders", "Solve again from the posted orders."
    ),
    "Satisfaction_DualsBelowScore": Advice(
        "the dual prices of a trade sum to less than its score", "Solve again; they sum to the score of each trade."
    ),
    "Satisfaction_PairCovered": Advice(
        "the pair is not eligible, or its dual prices cover its score: it refutes nothing",
        "Nothing to do; `powerpact watch` finds the pairs that refute.",
    ),
    "Satisfaction_BetterPair": Advice(
        "this pair's score is above its dual prices, so the proposal is not proven optimal",
        "Solve again with every open order, and submit those trades.",
    ),
}

_ACCOUNTS: Final = {
    "Accounts_NotOrderBook": Advice("only the order book reserves and releases", "Post or cancel an order instead."),
    "Accounts_NotClearing": Advice("only the clearing holds bonds", "Submit a round instead."),
    "Accounts_NotSettlement": Advice("only the settlement pays trades", "Settle with `powerpact settle`."),
    "Accounts_InsufficientBalance": Advice(
        "the free balance is below what is needed", "Deposit points with `powerpact deposit`, or cancel an open order."
    ),
    "Accounts_WalletsFull": Advice(
        "all wallets together hold less than 2^96 micro-points", "Deposit less, or withdraw points first."
    ),
    "Accounts_NotRefutations": Advice("only Refutations awards parts of lost bonds", "Call `award` there."),
    "Accounts_NotChannels": Advice(
        "only the payment channels lock points of an account", "Open a channel with `powerpact channel open`."
    ),
    "Accounts_NotConserved": Advice(
        "a module would give more or less than it takes", "Report it: no call of a released contract does this."
    ),
    "Accounts_NonceFar": Advice(
        "the nonce lies more than 1 024 pages of 32 ahead: it would use up most of the account's future at once",
        "Take a nonce up to the stated one; leave it out for the next unused one.",
    ),
    "Accounts_NonceUsed": Advice(
        "the nonce is used or cancelled, by itself or with a sell order, or a later page of nonces is in use",
        "Sign a new order with an unused nonce.",
    ),
    "Accounts_ZeroPoints": Advice("the sum is zero", "Name a sum of at least one micro-point."),
}

_CHANNELS: Final = {
    "Channel_NotParty": Advice(
        "the terms of the channel name another account for this", "Send it from the account in the message's terms."
    ),
    "Channel_BadParties": Advice("a channel is between two accounts", "Name another account than the own one."),
    "Channel_BadWindow": Advice(
        "the time to answer is shorter or longer than channels may have", "Choose a time between those in the message."
    ),
    "Channel_OpenedBefore": Advice(
        "a channel of these very terms was opened before, and may be closed", "Open it with another serial number."
    ),
    "Channel_NotOpen": Advice("the channel was never opened, or is closed", "List channels: `powerpact channel list`."),
    "Channel_BadPoints": Advice(
        "no points would be locked, or more than there can be", "Name at least 0.000001 points."
    ),
    "Channel_BadSignature": Advice(
        "this party did not sign, or for another channel, contract or chain",
        "Have the account in the message sign again: `powerpact channel pay` or `powerpact channel receive`.",
    ),
    "Channel_Ending": Advice(
        "somebody asked the channel to end, and the time to answer runs",
        "Wait until the time in the message, then `powerpact channel finish`.",
    ),
    "Channel_NotEnding": Advice("nobody asked the channel to end", "Ask for it first: `powerpact channel close`."),
    "Channel_TooEarly": Advice("the time to answer runs", "Wait until the time in the message."),
    "Channel_NothingDue": Advice(
        "the voucher is for no more than was paid, or all that was locked is paid",
        "Nothing to do; have the payer lock more: `powerpact channel fund`.",
    ),
    "Channel_NotNewer": Advice(
        "the chain has this state, or a newer one", "Show the newest state that both signed, if it is newer."
    ),
    "Channel_OtherTotal": Advice(
        "the parts do not sum to what is locked, or the state counts with",
        "Sign anew with what is locked now: `powerpact channel show`.",
    ),
    "Channel_DepositMissing": Advice(
        "the state counts with points that are not locked, or not any more",
        "Have them locked first, or show a state that was signed before.",
    ),
    "Channel_TooLate": Advice(
        "the time for this is over", "Of a channel that may end now: `powerpact channel finish`; else sign anew."
    ),
}

_SETTLEMENT: Final = {
    "Settlement_WrongChunk": Advice(
        "the trades given are not exactly those of this chunk", "Give all trades as TradesProposed announced them."
    ),
    "Settlement_NothingToSettle": Advice(
        "no trade of the chunk waits for the reading that its device reported last",
        "Report the readings first; use `settleLate` where a later slot was reported since.",
    ),
    "Settlement_UnknownTrade": Advice(
        "the trade is not at this place of the final proposal", "Use the trade and proof as they were proposed."
    ),
    "Settlement_NotEnded": Advice(
        "the trade has not ended: the meter may still settle it", "Settle it, or wait for the refund time."
    ),
    "Settlement_NothingLeft": Advice("all of it is done already", "Nothing to do."),
    "Releases_LengthMismatch": Advice("orders and trades differ in number", "Give one trade for each order."),
    "Releases_UnknownTrade": Advice(
        "the trade shown is not the order's in the final proposal", "Show the order's own trade with its proof."
    ),
    "Settlement_AlreadySettled": Advice("the trade is settled already", "Nothing to do."),
    "Settlement_ImportMissing": Advice(
        "the readings of the buyer's meter are missing",
        "Add them, or wait until one slot after the refund time: then the seller is paid without them.",
    ),
    "Settlement_ImportNotCounted": Advice(
        "the import of the buyer does not count in this market", "Leave the readings of its meter out."
    ),
    "Settlement_AboveValue": Advice("the sum is above the trade's value", "Agree on at most the trade's value."),
    "Settlement_BadSigners": Advice(
        "the signers are not two different ones of buyer, seller and arbiter", "Have two of the three sign."
    ),
    "Settlement_BadSignature": Advice(
        "a signature is not the signer's over this trade and sum",
        "Sign the trade's id and the sum in micro-points again.",
    ),
    "Settlement_NotAuditor": Advice("the caller is no auditor", "Call as an auditor of the committee as it is now."),
    "Settlement_OwnTrade": Advice(
        "the auditor is buyer or seller of the trade",
        "Leave it to the other auditors: nobody judges a trade of its own.",
    ),
    "Settlement_EmptyReason": Advice(
        "a flag or a veto needs a reason", "Say why; auditors must give the same words to add up."
    ),
    "Settlement_VetoTooLate": Advice(
        "the trade's slot has started, and it can no longer be vetoed",
        "Let the meters decide; buyer and seller can still end it by agreement: `powerpact agreement sign`.",
    ),
    "Settlement_AlreadyVoted": Advice(
        "the auditor has voted to veto this trade for this reason",
        "Wait for the other auditors: `powerpact trade list`.",
    ),
    "Settlement_TooEarly": Advice(
        "the time for a refund has not come: two slots later where the import counts and the seller has reported",
        "Settle with the reading, agree two of three, or wait until then.",
    ),
}

_LIBRARIES: Final = {
    "BatchRoot_NoLeaves": Advice("a batch without members has no root", "Give at least one member."),
    "PairSweep_Full": Advice(
        "the proof of a round has no room for another seller: a fault of the contract",
        "Report it with the market's id.",
    ),
    "CheckpointUnorderedInsertion": Advice(
        "a later event of the same account is recorded already: a fault of the contract",
        "Report it with the account.",
    ),
    "InvalidShortString": Advice("a string does not fit into a word", "Use a shorter name."),
    "StringTooLong": Advice("a string does not fit into a word", "Use a shorter name."),
    "ECDSAInvalidSignature": Advice("no key can have made the signature", "Sign again."),
    "ECDSAInvalidSignatureLength": Advice("a signature has 64 or 65 bytes", "Sign again."),
    "ECDSAInvalidSignatureS": Advice("the signature is malleable", "Use the form with the lower s."),
    "SafeERC20FailedOperation": Advice("the token refused the transfer", "Check balance and allowance of the points."),
    "SafeCastOverflowedUintDowncast": Advice(
        "a number does not fit into its field", "Check the numbers of the call; they are outside what the field holds."
    ),
    "Error": Advice("", "The message says what the contract demands."),
    "Panic": Advice(
        "Solidity stopped an impossible operation (0x11 overflow, 0x12 division by zero, 0x32 bad index)",
        "Check the numbers of the call; they are outside what the contract takes.",
    ),
    "Unknown": Advice(
        "the contract refused with an error that these contracts do not have",
        "Check that deployment file, build and chain belong together.",
    ),
}

SECTIONS: Final = MappingProxyType(
    {
        "Motions": _MOTIONS,
        "Participants": _PARTICIPANTS,
        "Credentials": _CREDENTIALS,
        "Devices": _DEVICES,
        "Points": _POINTS,
        "Certificates": _CERTIFICATES,
        "Metering": _METERING,
        "Deliveries": _DELIVERIES,
        "Subnets": _SUBNETS,
        "Routers": _ROUTERS,
        "Markets": _MARKETS,
        "Orders": _ORDERS,
        "Mandates": _MANDATES,
        "Clearing": _CLEARING,
        "Refutations": _REFUTATIONS,
        "Mechanisms": _MECHANISMS,
        "Accounts": _ACCOUNTS,
        "Settlement": _SETTLEMENT,
        "Channels": _CHANNELS,
        "Libraries and Solidity": _LIBRARIES,
    }
)
"""The table, section by section."""

ADVICE: Final = MappingProxyType({name: advice for section in SECTIONS.values() for name, advice in section.items()})
"""The whole table."""


_APPLIED, _ACTIVE = 1, 2

_OF_STATUS: Final[Mapping[tuple[object, object], Advice]] = {
    (_APPLIED, 0): Advice("the account has applied already", "Wait for the auditors' votes: `powerpact balance`."),
    (_ACTIVE, 0): Advice("the account is admitted already", "Nothing to do."),
}
"""What `Registry_WrongStatus` means for some pairs of the account's status and the one that the step needs."""


def advice_for(name: str, arguments: Mapping[str, object] | None = None) -> Advice:
    """Why an error happens and its remedy; both are empty for an error that the table lacks."""
    said = arguments or {}
    own = _OF_STATUS.get((said.get("have"), said.get("needed"))) if name == "Registry_WrongStatus" else None
    return own or ADVICE.get(name, Advice("", ""))
