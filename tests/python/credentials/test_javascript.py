"""The EAS SDK, run by Node, verifies what Python signed and disclosed, and refuses what was altered."""

import json
import subprocess

import pytest

from powerpact.credentials.credential import disclose
from powerpact.credentials.exports import eas_attestation
from powerpact.credentials.files import format_committee, format_credential, format_disclosure
from testkit.credentials import ANN, BEN, COMMITTEE, credential_by
from toolchain.places import ROOT, environment

CREDENTIAL = credential_by(ANN, BEN, full_name="Überlandwerk 電力", most_energy_wh=(1 << 64) - 1)
SHOWN = ["grade", "userType", "fullName", "mostEnergyWh", "wallet", "heat"]


@pytest.fixture
def by_sdk(tmp_path):
    """Let the example judge a file."""

    def judge(text):
        (tmp_path / "committee.json").write_text(format_committee(COMMITTEE))
        (tmp_path / "shown.json").write_text(text)
        command = ["node", str(ROOT / "docs/javascript/credential.mjs"), "committee.json", "shown.json"]
        return subprocess.run(
            command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=120, check=False
        )

    return judge


JUDGE_ONE = """
const { Offchain } = require("@ethereum-attestation-service/eas-sdk");
const { sig, signer } = JSON.parse(require("fs").readFileSync(0));
const { chainId, verifyingContract: address, version } = sig.domain;
const offchain = new Offchain({ address, version, chainId: BigInt(chainId) }, 2, {});
console.log(offchain.verifyOffchainAttestationSignature(signer, sig));
"""


def test_the_export_for_the_sdk_is_read_as_it_is():
    """The form that easscan.org takes, too."""
    for auditor in (ANN, BEN):
        done = subprocess.run(
            ["node", "-e", JUDGE_ONE],
            input=json.dumps(eas_attestation(CREDENTIAL, auditor.address)),
            cwd=ROOT,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=True,
        )
        assert done.stdout.strip() == "true"


def altered(text, change):
    data = json.loads(text)
    change(data)
    return json.dumps(data)


def test_a_credential_that_python_signed_is_verified(by_sdk):
    done = by_sdk(format_credential(CREDENTIAL))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["uid"] == f"0x{CREDENTIAL.attestation.uid.hex()}"
    assert told["signers"] == [ANN.address, BEN.address]
    assert told["verified"] == [True, True]
    assert told["root"] == f"0x{CREDENTIAL.attestation.data[-32:].hex()}"


def test_a_disclosure_is_verified(by_sdk):
    done = by_sdk(format_disclosure(disclose(CREDENTIAL, SHOWN)))
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["verified"] == [True, True]
    assert told["fields"]["proven"] is True
    values = CREDENTIAL.attributes.values()
    assert told["fields"]["values"] == {name: values[name] for name in SHOWN} | {"mostEnergyWh": str((1 << 64) - 1)}


def turn(text):
    """A hexadecimal text with another first digit."""
    return f"0x{'1' if text[2] == '0' else '0'}{text[3:]}"


CHANGES = {
    "the salt": lambda data: data["message"].update(salt=turn(data["message"]["salt"])),
    "the end": lambda data: data["message"].update(expirationTime=data["message"]["expirationTime"] + 1),
    "the wallet": lambda data: data["message"].update(recipient=BEN.address),
    "the codes": lambda data: data["message"].update(data=turn(data["message"]["data"])),
    "the uid": lambda data: data.update(uid=turn(data["uid"])),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_an_altered_credential_is_refused(by_sdk, change):
    done = by_sdk(altered(format_credential(CREDENTIAL), change))
    assert done.returncode != 0 or json.loads(done.stdout)["verified"] == [False, False]


def test_a_signature_of_somebody_else_is_refused(by_sdk):
    def change(data):
        data["signatures"][0]["signer"] = BEN.address

    assert json.loads(by_sdk(altered(format_credential(CREDENTIAL), change)).stdout)["verified"] == [False, True]


@pytest.mark.parametrize("member", ["value", "salt"])
def test_an_altered_field_is_refused(by_sdk, member):
    def change(data):
        leaf = next(leaf for leaf in data["shown"]["leaves"] if leaf["name"] == "fullName")
        leaf[member] = turn(leaf[member])

    told = json.loads(by_sdk(altered(format_disclosure(disclose(CREDENTIAL, SHOWN)), change)).stdout)
    assert told["fields"]["proven"] is False


def test_another_registry_is_refused(by_sdk):
    def change(data):
        data["domain"]["verifyingContract"] = BEN.address

    assert by_sdk(altered(format_credential(CREDENTIAL), change)).returncode != 0


def test_the_vectors_are_those_of_these_versions():
    """A new version of the SDK is a reason to look: it must make the same vectors."""
    made = subprocess.run(
        ["node", str(ROOT / "tools/credential_vectors.mjs")],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert json.loads(made.stdout) == json.loads((ROOT / "tests/vectors/credentials.json").read_text())
