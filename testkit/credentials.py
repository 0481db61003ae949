"""A committee, a person and a credential for tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.credentials.attributes import FIELD_NAMES, AttributeSet
from powerpact.credentials.credential import Committee, Credential, issue, sign
from powerpact.credentials.person import key_id, person_tag

TAG_KEY: Final = keccak(text="the committee's secret")
ANN, BEN, CARL, MALLORY, ALICE = (
    Account.from_key(keccak(text=name)) for name in ("ann", "ben", "carl", "mallory", "al")
)
FROM_S: Final = 1_795_262_400
UNTIL_S: Final = FROM_S + 31_536_000
NOW_S: Final = FROM_S + 86_400

COMMITTEE: Final = Committee(
    chain_id=31_337,
    registry=Account.from_key(keccak(text="registry")).address,
    auditors=(ANN.address, BEN.address, CARL.address),
    threshold=2,
    tag_key_id=key_id(TAG_KEY),
    version="1.3.0",
)
ATTRIBUTES: Final = AttributeSet(
    full_name="Alice Example",
    country="AT",
    national_id="1234 010190",
    user_type="prosumer",
    may_buy=True,
    may_sell=True,
    electricity=True,
    most_energy_wh=50_000,
    grade="A",
    credibility_ppm=900_000,
    wallet=ALICE.address,
    valid_from_s=FROM_S,
    valid_until_s=UNTIL_S,
)


def salts_of(seed: str = "salt") -> dict[str, bytes]:
    """A salt for each field, the same every time."""
    return {name: keccak(text=f"{seed} {name}") for name in FIELD_NAMES}


def credential_by(*auditors: LocalAccount, committee: Committee = COMMITTEE, **changes: Any) -> Credential:
    """A credential for Alice, with changed attributes, that these keys signed."""
    attributes = replace(ATTRIBUTES, **changes)
    tag = person_tag(TAG_KEY, attributes.country, attributes.national_id)
    made = issue(committee, attributes, tag, salts_of(), keccak(text="salt of the attestation"))
    for auditor in auditors:
        made = sign(made, auditor)
    return made
