"""Credentials at the command line: issued, signed by two of three, disclosed, exported, revoked; each fault is told."""

import json
import os
import stat

import pytest

from powerpact.chain.calls import Call
from powerpact.cli.session import open_chain
from powerpact.keystore import Keystore
from testkit.mutants import compile_with
from testkit.shell import PASSWORD

COMMANDS = ("init", "tag", "issue", "sign", "verify", "disclose", "revoke", "export")
ATTRIBUTES = """
fullName = "Alice Example"
country = "AT"
nationalId = "1234 010190"
userType = "prosumer"
mayBuy = true
maySell = true
electricity = true
mostEnergyWh = 50_000
grade = "A"
credibilityPpm = 900_000
validFrom = 2001-01-01T00:00:00Z
validUntil = 2100-01-01T00:00:00Z
"""


@pytest.fixture(scope="module")
def compiled():
    return compile_with(["Credentials"], {})["Credentials"]


@pytest.fixture(scope="module")
def registry(shell, deployed, compiled):
    """The contract Credentials on the node."""
    chain, key = open_chain(shell.folder / "deployment.json"), Keystore.default().unlock("utility", PASSWORD)
    return chain.sender(key).send(Call("deploy", None, compiled.bytecode)).created


@pytest.fixture(scope="module")
def committee(shell, registry):
    words = ("--auditor", "ann", "--auditor", "ben", "--auditor", "arbiter", "--threshold", 2)
    return shell.json("ca", "init", *words, "--registry", registry)


@pytest.fixture
def unsigned(shell, committee, tmp_path):
    (tmp_path / "alice.toml").write_text(ATTRIBUTES)
    shell.ok("ca", "issue", tmp_path / "alice.toml", "--wallet", "alice", "-o", tmp_path / "alice.json")
    return tmp_path / "alice.json"


@pytest.fixture
def signed(shell, unsigned):
    for auditor in ("ann", "ben"):
        shell.ok("ca", "sign", unsigned, "-a", auditor)
    return unsigned


def faults_of(shell, file, *words):
    """The names of what is wrong with a file."""
    result = shell.run("ca", "verify", file, *words, "--json")
    faults = json.loads(result.stdout)["faults"]
    assert result.exit_code == bool(faults)
    assert all(fault["remedy"] and fault["remedy"] in " ".join(result.stderr.split()) for fault in faults)
    return [fault["error"] for fault in faults]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example(shell, command):
    assert f"powerpact ca {command}" in " ".join(shell.ok("ca", command, "--help").stdout.split())


def test_the_key_is_for_its_owner_only_and_is_kept(shell, committee, registry):
    path = shell.folder / committee["key_file"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    key = path.read_text()
    words = ("ca", "init", "--auditor", "ann", "--threshold", 1, "--registry", registry, "-o", "other.json")
    again = shell.json(*words)
    assert (again["key_is_new"], path.read_text()) == (False, key)
    assert again["committee"]["tagKeyId"] == committee["committee"]["tagKeyId"]
    assert committee["committee"]["chainId"] == shell.json("ca", "init", *words[2:])["committee"]["chainId"]


def test_no_key_or_password_is_ever_printed(shell, signed, tmp_path):
    key = (shell.folder / "powerpact.tag-key").read_text().strip()
    secret = Keystore.default().unlock("ann", PASSWORD).key.hex()
    told = ""
    for words in (
        ("tag", tmp_path / "alice.toml"),
        ("sign", signed, "-a", "arbiter", "-o", tmp_path / "more.json"),
        ("verify", signed),
        ("disclose", signed, "--field", "grade"),
        ("export", signed, "--format", "sd-jwt", "-a", "ann"),
        ("export", signed, "--format", "vc"),
        ("export", signed, "--format", "eas"),
    ):
        result = shell.ok("ca", *words)
        told += result.stdout + result.stderr
    assert key not in told
    assert secret.removeprefix("0x") not in told
    assert PASSWORD not in told


def test_two_of_three_make_it_valid(shell, unsigned, accounts):
    assert faults_of(shell, unsigned) == ["TooFewSignatures"]
    assert shell.json("ca", "sign", unsigned, "-a", "ann")["signers"] == [accounts["ann"]]
    assert faults_of(shell, unsigned) == ["TooFewSignatures"]
    assert "signed by 2 of 2" in shell.ok("ca", "sign", unsigned, "-a", "ben").stderr
    found = shell.json("ca", "verify", unsigned, "--on-chain")
    assert (found["valid"], found["kind"], found["revocations_checked"]) == (True, "credential", True)
    assert found["signers"] == [accounts["ann"], accounts["ben"]]
    assert found["shown"]["wallet"] == accounts["alice"]
    assert stat.S_IMODE(unsigned.stat().st_mode) == 0o600
    told = shell.ok("ca", "verify", unsigned)
    assert "signed by ann, ben of the committee; 2 are needed" in told.stderr
    assert "WITHOUT revocations" in told.stderr
    assert "prosumer" in told.stdout


def test_an_auditor_sees_what_it_signs_and_checks_the_tag(shell, unsigned):
    told = shell.ok("ca", "sign", unsigned, "-a", "ann", "--key", "powerpact.tag-key").stderr
    assert "nationalId: 1234 010190" in told
    assert "heat: no" in told


def test_a_tag_is_checked_with_the_committees_own_key(shell, unsigned, tmp_path):
    (tmp_path / "key").write_text("ab" * 32)
    (tmp_path / "key").chmod(0o600)
    refused = shell.refused("ca", "sign", unsigned, "-a", "ann", "--key", tmp_path / "key")
    assert "not the key of this committee" in refused.stderr
    assert json.loads(unsigned.read_text())["signatures"] == []


def test_who_must_not_sign_does_not(shell, signed):
    before = signed.read_text()
    assert "no auditor of the committee" in shell.refused("ca", "sign", signed, "-a", "bob").stderr
    assert "more than once" in shell.refused("ca", "sign", signed, "-a", "ann").stderr
    assert signed.read_text() == before


def test_what_was_altered_is_not_signed(shell, unsigned):
    data = json.loads(unsigned.read_text())
    data["attributes"]["grade"] = "B"
    unsigned.write_text(json.dumps(data))
    assert "altered" in shell.refused("ca", "sign", unsigned, "-a", "ann").stderr


def test_each_fault_is_told(shell, signed, registry, tmp_path):
    assert faults_of(shell, signed, "--at", "2000-01-01T00:00Z") == ["CredentialNotYetValid"]
    assert faults_of(shell, signed, "--at", "2100-01-01T00:00Z") == ["CredentialExpired"]
    words = ("ca", "init", "--auditor", "bob", "--threshold", 1, "--chain-id", 1, "-o", tmp_path / "other.json")
    shell.ok(*words, "--registry", "alice", "--key", tmp_path / "key")
    assert faults_of(shell, signed, "-c", tmp_path / "other.json") == [
        "OtherChain",
        "OtherRegistry",
        "OutsideSigner",
        "OutsideSigner",
        "TooFewSignatures",
    ]
    data = json.loads(signed.read_text())
    data["signatures"].append(data["signatures"][0])
    signed.write_text(json.dumps(data))
    assert faults_of(shell, signed) == ["SignedTwice"]
    data["message"]["expirationTime"] += 1
    signed.write_text(json.dumps(data))
    assert faults_of(shell, signed) == ["CredentialAltered"] * 5 + ["TooFewSignatures"]


def test_named_fields_are_disclosed_and_nothing_else(shell, signed, tmp_path):
    shown = tmp_path / "shown.json"
    told = shell.json("ca", "disclose", signed, "--field", "fullName", "--field", "grade", "-o", shown)
    assert set(told["shown"]) == {"fullName", "grade"}
    found = shell.json("ca", "verify", shown, "--on-chain")
    assert (found["valid"], found["kind"], found["shown"]["fullName"]) == (True, "disclosure", "Alice Example")
    assert "1234" not in shown.read_text()
    printed = shell.ok("ca", "disclose", signed, "--field", "grade").stdout
    assert json.loads(printed)["schema"] == "powerpact/disclosure/1"
    shown.write_text(shown.read_text().replace("Alice Example", "Eve Example"))
    assert faults_of(shell, shown) == ["CredentialAltered"]
    assert "fullName" in shell.refused("ca", "disclose", signed, "--field", "shoeSize").stderr
    assert shell.refused("ca", "disclose", signed).exit_code == 2
    assert "expected powerpact/credential/1" in shell.refused("ca", "sign", shown, "-a", "ann").stderr


def test_a_revoked_one_is_dead_once_too_few_signatures_are_left(shell, signed, accounts):
    shell.ok("ca", "sign", signed, "-a", "arbiter")
    assert shell.json("ca", "revoke", signed, "-a", "ann")["issuer"] == accounts["ann"]
    found = shell.json("ca", "verify", signed, "--on-chain")
    assert (found["valid"], found["revoked_by"]) == (True, [accounts["ann"]])
    assert "already" in shell.refused("ca", "revoke", signed, "-a", "ann").stderr
    shell.ok("ca", "revoke", found["uid"], "-a", "arbiter")
    assert faults_of(shell, signed, "--on-chain") == ["CredentialRevoked"]
    assert faults_of(shell, signed) == []


def test_several_are_revoked_at_once(shell, signed, committee):
    uid = "0x" + os.urandom(32).hex()
    assert shell.json("ca", "revoke", signed, uid, "-a", "ben")["revoked"][1] == uid
    assert "twice" in shell.refused("ca", "revoke", uid, uid, "-a", "ann").stderr
    assert "no UID" in shell.refused("ca", "revoke", "0x12", "-a", "ann").stderr


def test_another_chain_or_no_registry_is_told(shell, signed, tmp_path):
    words = ("ca", "init", "--auditor", "ann", "--threshold", 1, "-o", tmp_path / "other.json")
    shell.ok(*words, "--registry", "bob")
    asked = ("ca", "verify", signed, "--on-chain", "-c", tmp_path / "other.json")
    assert "no registry of credentials" in shell.refused(*asked).stderr
    shell.ok(*words, "--registry", "bob", "--chain-id", 1)
    assert "not of the committee's chain, 1" in shell.refused(*asked).stderr
    revoking = ("ca", "revoke", signed, "-a", "ann", "-c", tmp_path / "other.json")
    assert "not of the committee's chain, 1" in shell.refused(*revoking).stderr


def test_exports_are_of_an_auditor_who_signed(shell, signed, accounts):
    jwt = shell.ok("ca", "export", signed, "--format", "sd-jwt", "-a", "ann", "--field", "grade").stdout.strip()
    assert (jwt.count("~"), jwt[-1]) == (2, "~")
    assert json.loads(shell.ok("ca", "export", signed, "--format", "vc").stdout)["issuer"].endswith(accounts["ann"])
    assert (
        json.loads(shell.ok("ca", "export", signed, "--format", "eas", "-a", "ben").stdout)["signer"] == accounts["ben"]
    )
    assert "--account" in shell.refused("ca", "export", signed, "--format", "sd-jwt").stderr
    assert "not signed by" in shell.refused("ca", "export", signed, "--format", "sd-jwt", "-a", "bob").stderr
    assert "--field" in shell.refused("ca", "export", signed, "--format", "vc", "--field", "grade").stderr


def test_a_tag_is_the_same_for_the_same_person(shell, committee, tmp_path):
    (tmp_path / "a.toml").write_text('country = "AT"\nnationalId = "1234 010190"')
    (tmp_path / "b.json").write_text('{"country": "AT", "nationalId": "1234-010190"}')
    one, other = (shell.json("ca", "tag", tmp_path / name) for name in ("a.toml", "b.json"))
    assert one == other
    assert one["tag_key_id"] == committee["committee"]["tagKeyId"]
    (tmp_path / "c.toml").write_text('country = "AT"')
    assert "nationalId" in shell.refused("ca", "tag", tmp_path / "c.toml").stderr


def test_a_key_that_others_can_read_is_refused(shell, committee, tmp_path):
    key = tmp_path / "key"
    (tmp_path / "alice.toml").write_text(ATTRIBUTES)
    words = ("ca", "tag", tmp_path / "alice.toml", "--key", key)
    assert "No such file" in shell.refused(*words).stderr
    key.write_text("ab" * 32)
    key.chmod(0o640)
    assert f"chmod 600 {key}" in shell.refused(*words).stderr.replace("\n", "")
    key.chmod(0o600)
    assert shell.ok(*words).stdout.startswith("0x")
    key.write_text("ab" * 31)
    refused = shell.refused(*words).stderr
    assert "31 bytes" in refused
    assert "abab" not in refused
    key.write_text("not a key: ü")
    assert "not hexadecimal" in shell.refused(*words).stderr
    key.write_text("ab" * 32)
    issue = ("ca", "issue", tmp_path / "alice.toml", "--wallet", "alice", "--key", key, "-o", tmp_path / "out")
    assert "not the key of this committee" in shell.refused(*issue).stderr


def test_attributes_that_cannot_be_are_told(shell, committee, tmp_path):
    (tmp_path / "alice.toml").write_text(ATTRIBUTES.replace('"prosumer"', '"consumer"'))
    issue = ("ca", "issue", tmp_path / "alice.toml", "--wallet", "alice", "-o", tmp_path / "out")
    refused = shell.refused(*issue)
    assert (refused.exit_code, "contradicts" in refused.stderr) == (2, True)
    (tmp_path / "alice.toml").write_text("fullName")
    assert "name = value" in shell.refused(*issue).stderr
    (tmp_path / "alice.toml").write_text(ATTRIBUTES)
    assert "wallet" in shell.refused("ca", "issue", tmp_path / "alice.toml", "-o", tmp_path / "out").stderr
    assert not (tmp_path / "out").exists()


def test_a_committee_that_cannot_be_is_told_before_a_key_is_made(shell, accounts, tmp_path):
    words = ("ca", "init", "--auditor", "ann", "--registry", "bob", "--chain-id", 1, "--key", tmp_path / "key")
    assert "can never sign" in shell.refused(*words, "--threshold", 2, "-o", tmp_path / "c.json").stderr
    assert not (tmp_path / "key").exists()
