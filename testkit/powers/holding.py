"""The power table, first part: points, certificates, custody and devices."""

from __future__ import annotations

from testkit.powers.terms import (
    ANYONE,
    APPROVALS,
    APPROVED,
    AUDITOR,
    CERTIFICATES,
    DEVICES,
    HOLDER,
    HOLDS,
    METER,
    ORDERS,
    OWNER,
    POINTS,
    SUBNETS,
    TRADER,
    TRADES,
    UTILITY,
    Power,
    inner,
)

TOKENS = {
    "PowerPoints": {
        "approve": Power(HOLDER, APPROVALS, "Only over the caller's own points."),
        "burn": Power(HOLDER, POINTS, "Only the caller's own points."),
        "mint": Power(
            UTILITY,
            POINTS,
            "Against the reference of a deposit, once each. The amount is the utility's word: points are worth what it "
            "redeems them for, and 2^96 of them would fill the custody, so that nobody could deposit.",
            refused="Points_NotUtility",
            forged="Points_DepositAlreadyUsed",
        ),
        "permit": Power(
            ANYONE,
            APPROVALS,
            "Only what the holder signed (EIP-2612), once, until the deadline.",
            signed=HOLDER,
            forged="ERC2612InvalidSigner",
        ),
        "redeem": Power(HOLDER, POINTS, "Only the caller's own points, against the reference of a bill."),
        "transfer": Power(HOLDER, POINTS, "Only the caller's own points."),
        "transferFrom": Power(
            APPROVED,
            POINTS + APPROVALS,
            "Up to the holder's allowance, which is used up.",
            refused="ERC20InsufficientAllowance",
        ),
    },
    "GreenCertificates": {
        "endHolds": inner("Subnets", HOLDS, "Certificates_NotSubnets", "Lots of a flag that is cleared."),
        "hold": inner("Subnets", HOLDS, "Certificates_NotSubnets", "Lots of a flag, each once, until a time."),
        "mint": inner(
            "Deliveries", CERTIFICATES, "Certificates_NotDeliveries", "What it computes from a device's readings."
        ),
        "retire": Power(
            HOLDER, CERTIFICATES, "Only the caller's own, of a lot that is not held. What is retired never moves again."
        ),
        "safeBatchTransferFrom": Power(
            HOLDER + APPROVED,
            CERTIFICATES,
            "Only the caller's own, or those of a holder who made it an operator, of a lot that is not held.",
            refused="ERC1155MissingApprovalForAll",
            forged="ERC1155MissingApprovalForAll",
        ),
        "safeTransferFrom": Power(
            HOLDER + APPROVED,
            CERTIFICATES,
            "Only the caller's own, or those of a holder who made it an operator, of a lot that is not held.",
            refused="ERC1155MissingApprovalForAll",
            forged="ERC1155MissingApprovalForAll",
        ),
        "setApprovalForAll": Power(HOLDER, APPROVALS, "Only over the caller's own certificates."),
    },
}

ACCOUNTS = {
    "Accounts": {
        "admit": inner(
            "OrderBook",
            POINTS + ORDERS,
            "Accounts_NotOrderBook",
            "Holds what a buy order can cost, of its trader's free points, and uses the order's nonce.",
        ),
        "award": inner(
            "Refutations",
            POINTS,
            "Accounts_NotRefutations",
            "The eighth of a lost bond that waits, from who sent the refutation to who knew first; once.",
        ),
        "burnBond": inner(
            "Clearing",
            POINTS,
            "Accounts_NotClearing",
            "A refuted proposal's bond: an eighth or two to the challenger, the rest is burnt.",
        ),
        "cancelNonces": inner(
            "OrderBook", ORDERS, "Accounts_NotOrderBook", "Nonces of the account that calls the order book."
        ),
        "deposit": Power(HOLDER, POINTS + APPROVALS, "Only the caller's own points, which the caller approved."),
        "depositWithPermit": Power(HOLDER, POINTS + APPROVALS, "Only the caller's own points, by its own permit."),
        "hold": inner(
            "PaymentChannels", POINTS, "Accounts_NotChannels", "Of the free points of a channel's party that calls it."
        ),
        "holdBond": inner("Clearing", POINTS, "Accounts_NotClearing", "Of the free points of the agent who seals."),
        "pay": inner(
            "Settlement",
            POINTS + TRADES,
            "Accounts_NotSettlement",
            "What a trade's buyer holds for it, to its seller and back to the buyer; the seller's track record.",
        ),
        "release": inner("OrderBook", POINTS, "Accounts_NotOrderBook", "A reservation, back to its own trader."),
        "releaseBond": inner("Clearing", POINTS, "Accounts_NotClearing", "A bond, back to its own agent."),
        "shift": inner(
            "PaymentChannels",
            POINTS,
            "Accounts_NotChannels",
            "What a channel's parties hold for it, to them, or to their watchtower; as much is given as is taken.",
        ),
        "withdraw": Power(
            HOLDER, POINTS, "Only what is free of the caller's own. Nobody can stop it, and no status is asked for."
        ),
    },
}

REGISTRY = {
    "DeviceRegistry": {
        "add": Power(
            TRADER,
            DEVICES,
            "A key has one device, permanently; the key signs owner and description.",
            signed=METER,
            refused="Device_OwnerNotActive",
            forged="Device_BadSignature",
        ),
        "accept": Power(
            TRADER,
            DEVICES,
            "Whom the owner offered the device of this content. It sells for its new owner once certified anew; what "
            "its former owner sold stays that owner's.",
            refused="Device_NotOffered",
            forged="Device_OtherContent",
        ),
        "certify": Power(
            AUDITOR,
            DEVICES,
            "k of n, for the content that they saw: owner, key and description.",
            refused="Device_NotAuditor",
            forged="Device_OtherContent",
        ),
        "decertify": Power(
            AUDITOR,
            DEVICES,
            "k of n, for one content and one reason, permanently. The device sells no more, and slots that begin later "
            "earn no certificates; readings, orders and payments stay.",
            refused="Device_NotAuditor",
            forged="Device_OtherContent",
        ),
        "decide": inner(
            "OrderBook Settlement", ORDERS, "Device_NotMarket", "What the undecided order of a device sold or bought."
        ),
        "describe": Power(
            OWNER,
            DEVICES,
            "Only the owner. The contracts do not look at it; a certified device is certified anew.",
            refused="Device_NotOwner",
        ),
        "distrust": Power(
            OWNER,
            DEVICES,
            "Only the owner, of the time since it owns the device, and only earlier than before. Readings that end "
            "later are refused; those that were taken stay.",
            refused="Device_NotOwner",
        ),
        "exchangeMeterOf": Power(
            OWNER,
            DEVICES,
            "As `rotate`, with what the counters of the new meter begin with. The first reading with its key is held "
            "against these.",
            signed=METER,
            refused="Device_NotOwner",
            forged="Device_BadSignature",
        ),
        "fixLength": inner(
            "Deliveries",
            ORDERS,
            "Device_NotDeliveries",
            "The length of a device's slots, where no order fixed it.",
        ),
        "offer": Power(OWNER, DEVICES, "Only the owner, to one account at a time.", refused="Device_NotOwner"),
        "reserve": inner(
            "OrderBook", ORDERS, "Device_NotOrderBook", "What an order wants of its device's slot, within the capacity."
        ),
        "retire": Power(
            OWNER, DEVICES, "Only the owner, permanently. Energy sold before is paid.", refused="Device_NotOwner"
        ),
        "rotate": Power(
            OWNER,
            DEVICES,
            "Only the owner; the new key signs. Readings with it are taken, and energy is sold, once k of n auditors "
            "certified it.",
            signed=METER,
            refused="Device_NotOwner",
            forged="Device_BadSignature",
        ),
        "voteDistrust": Power(
            AUDITOR,
            DEVICES,
            "k of n, for one key and one time, and only earlier than before. As `distrust`.",
            refused="Device_NotAuditor",
        ),
    },
    "Subnets": {
        "clear": Power(
            AUDITOR,
            HOLDS,
            "k of n, for one flag and one finding, while its lots are held.",
            refused="Subnet_NotAuditor",
            forged="Subnet_NotFlagged",
        ),
        "flag": Power(
            AUDITOR,
            HOLDS,
            "k of n, for one slot, one list of lots of the subnet and one evidence. A lot is held once, for the time "
            "fixed at deployment at most; it is minted all the same, and orders and payments stay.",
            refused="Subnet_NotAuditor",
            forged="Subnet_NotInside",
        ),
        "form": Power(
            AUDITOR,
            SUBNETS,
            "k of n, for one content and one revision, with a certified exchange of the subnet.",
            refused="Subnet_NotAuditor",
            forged="Subnet_NotExchange",
        ),
    },
}
