"""Commands ``ca``: attribute sets of people as credentials, which k of n auditors sign and revoke."""

from __future__ import annotations

import json
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from powerpact.cli.authority import (
    COMMITTEE_FILE,
    KEY_FILE,
    AttributesFile,
    CommitteeFile,
    CredentialFile,
    KeyFile,
    in_words,
    make_key,
    read_committee,
    read_key,
    report_json,
    shown_values,
    tell_time,
)
from powerpact.cli.names import Names, people_names
from powerpact.cli.output import STANDARD_STREAM, complain, print_json, read_input, write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    address_of,
    done,
    open_chain,
    parse_time,
    table,
    tell,
    unlock,
)
from powerpact.errors import BadChoice

group = typer.Typer(
    help="Credentials: attribute sets of people, which k of n auditors sign, and anyone verifies.", no_args_is_help=True
)

FIELD_HELP = (
    "A field: fullName, country, nationalId, userType, mayBuy, maySell, electricity, heat, cold, gas, mostEnergyWh, "
    "grade, credibilityPpm, wallet, validFrom, validUntil; repeatable."
)
Fields = Annotated[list[str] | None, typer.Option("--field", metavar="NAME", help=FIELD_HELP)]
Output = Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where it goes, - for standard output.")]


class Format(StrEnum):
    """What a credential is exported as."""

    VC = "vc"
    SD_JWT = "sd-jwt"
    EAS = "eas"


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="ca")


@group.command()
def init(
    auditor: Annotated[
        list[str],
        typer.Option(metavar="WHO", help="Whose signatures count; repeatable.", autocompletion=people_names),
    ],
    threshold: Annotated[int, typer.Option(help="How many auditors must sign.")],
    registry: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Contract at which auditors revoke; by default that of the deployment."),
    ] = None,
    chain_id: Annotated[
        int | None, typer.Option(min=1, help="Id of the chain; by default that of the deployment file.")
    ] = None,
    eas_version: Annotated[str, typer.Option(help="Version of EAS that the domain states.")] = "1.3.0",
    key: KeyFile = KEY_FILE,
    output: Output = COMMITTEE_FILE,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """State a committee in a file for everybody, and make its secret key of person tags, or keep the one that is there.

    [bold]Example:[/bold] powerpact ca init --auditor ann --auditor ben --auditor carl --threshold 2
    """
    from powerpact.chain.deployment import Deployment
    from powerpact.credentials.credential import Committee
    from powerpact.credentials.files import format_committee
    from powerpact.credentials.person import key_id

    auditors = tuple(address_of(who) for who in auditor)
    where = Deployment.load(deployment).chain_id if chain_id is None else chain_id
    place = Deployment.load(deployment).addresses["Credentials"] if registry is None else address_of(registry)
    Committee(where, place, auditors, threshold, bytes(8), eas_version)  # before a key is made
    secret, is_new = make_key(key)
    text = format_committee(Committee(where, place, auditors, threshold, key_id(secret), eas_version))
    write_output(output, text)
    tell(f"{'made' if is_new else 'kept'} the key in {key}: keep it secret, and as long as there are members")
    if as_json and output != STANDARD_STREAM:
        print_json({"committee": json.loads(text), "file": output, "key_file": key, "key_is_new": is_new})


@group.command()
def tag(
    attributes: AttributesFile,
    key: KeyFile = KEY_FILE,
    as_json: AsJson = False,
) -> None:
    """Print the tag of a person: the keyed hash of country and nationalId in an attribute file.

    [bold]Example:[/bold] powerpact ca tag alice.toml
    """
    from powerpact.credentials.attributefile import parse_attributes
    from powerpact.credentials.person import key_id, person_tag

    values = parse_attributes(attributes, read_input(attributes))
    for name in ("country", "nationalId"):
        if not isinstance(values.get(name), str):
            raise BadChoice("attribute", name, "is missing", remedy=f"State {name} in {attributes}.")
    secret = read_key(key)
    found = f"0x{person_tag(secret, values['country'], values['nationalId']).hex()}"
    if as_json:
        print_json({"tag": found, "tag_key_id": f"0x{key_id(secret).hex()}"})
    else:
        typer.echo(found)


@group.command()
def issue(
    attributes: AttributesFile,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where the credential goes.")],
    wallet: Annotated[
        str | None,
        typer.Option(metavar="WHO", help="The person's wallet; by default the file's.", autocompletion=people_names),
    ] = None,
    committee: CommitteeFile = COMMITTEE_FILE,
    key: KeyFile = KEY_FILE,
    as_json: AsJson = False,
) -> None:
    """Make a credential of an attribute file, which auditors then sign. Only its owner should keep it: it shows all.

    The file states fullName, country, nationalId, userType (consumer, producer, prosumer, storage, aggregator,
    utility), mayBuy, maySell, of electricity, heat, cold and gas those that may be traded, mostEnergyWh of one order,
    grade (A to D), credibilityPpm, validFrom and validUntil, each as `name = value`.

    [bold]Example:[/bold] powerpact ca issue alice.toml --wallet alice -o alice.credential.json
    """
    import secrets

    from powerpact.credentials.attributefile import attributes_for, parse_attributes
    from powerpact.credentials.credential import fresh_salts
    from powerpact.credentials.credential import issue as make
    from powerpact.credentials.files import format_credential
    from powerpact.credentials.person import person_tag

    members = read_committee(committee)
    values = parse_attributes(attributes, read_input(attributes))
    told = attributes_for(values, address_of(wallet) if wallet else None)
    found = person_tag(read_key(key, members), told.country, told.national_id)
    credential = make(members, told, found, fresh_salts(), secrets.token_bytes(32))
    write_output(output, format_credential(credential), is_private=True)
    uid = f"0x{credential.attestation.uid.hex()}"
    data = {"uid": uid, "wallet": told.wallet, "person_tag": f"0x{found.hex()}", "file": output}
    what = f"made {output}; {members.threshold} auditors must sign it with `powerpact ca sign`"
    done(what, [], {**data, "needed": members.threshold}, as_json=as_json, result=uid)


@group.command()
def sign(
    file: CredentialFile,
    account: As,
    committee: CommitteeFile = COMMITTEE_FILE,
    key: Annotated[
        str | None, typer.Option("--key", metavar="FILE", help="Key of person tags, to check the tag before signing.")
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="Where it goes; by default the same file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add an auditor's signature to a credential, after showing what it says; nothing is sent.

    [bold]Example:[/bold] powerpact ca sign alice.credential.json -a ann
    """
    from powerpact.credentials.credential import sign as add
    from powerpact.credentials.errors import TooFewSignatures
    from powerpact.credentials.files import format_credential, parse_credential
    from powerpact.credentials.verification import check_tag, content_faults, verify

    members, credential = read_committee(committee), parse_credential(file, read_input(file))
    for fault in content_faults(credential):
        raise fault
    if key is not None:
        check_tag(credential, read_key(key, members))
    for name, value in credential.attributes.values().items():
        tell(f"  {name}: {in_words(name, value)}")
    signed = add(credential, unlock(account))
    report = verify(signed, members, credential.attestation.time_s)
    for fault in report.faults:
        if not isinstance(fault, TooFewSignatures):
            raise fault
    target = output or file
    write_output(target, format_credential(signed), is_private=True)
    uid, count = f"0x{credential.attestation.uid.hex()}", len(report.signers)
    data = {"uid": uid, "signers": list(report.signers), "needed": members.threshold, "file": target}
    if target == STANDARD_STREAM:
        tell(f"signed by {count} of {members.threshold} auditors")
        return
    done(f"signed by {count} of {members.threshold} auditors that are needed", [], data, as_json=as_json)


@group.command()
def verify(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A credential or a disclosure; - for standard input.")],
    committee: CommitteeFile = COMMITTEE_FILE,
    at: Annotated[str | None, typer.Option(metavar="TIME", help="When it must hold; by default now.")] = None,
    on_chain: Annotated[
        bool, typer.Option("--on-chain", help="Ask the chain for revocations, and for the time.")
    ] = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Verify a credential or a disclosure: content, signatures of the committee, time, chain and registry.

    It says everything that is wrong, and then exits with 1. Without --on-chain it does not know what was revoked.
    Signatures of contract accounts (ERC-1271) are not taken.

    [bold]Example:[/bold] powerpact ca verify alice.credential.json --on-chain
    """
    from powerpact.chain.contracts.credentials import revoked_at
    from powerpact.credentials.files import parse_shown
    from powerpact.credentials.verification import verify as check

    members = read_committee(committee)
    uid, shown = parse_shown(file, read_input(file))
    now_s, revoked = int(time.time()), {}
    if on_chain:
        chain = open_chain(deployment)
        _require_chain(chain.deployment.chain_id, members.chain_id)
        revoked = revoked_at(chain, members.registry, members.auditors, shown.attestation.uid)
        now_s = chain.now()
    now_s = parse_time(at) if at else now_s
    report = check(shown, members, now_s, revoked, stated_uid=uid)
    if as_json:
        print_json(report_json(shown, report, members, {"at": now_s, "revocations_checked": on_chain}))
    else:
        table(({"field": k, "value": in_words(k, v)} for k, v in shown_values(shown).items()), as_json=False)
        signers = ", ".join(map(Names(), report.signers)) or "nobody"
        tell(f"signed by {signers} of the committee; {members.threshold} are needed")
        tell_time(now_s, on_chain=on_chain)
    for fault in report.faults:
        complain(fault)
    if report.faults:
        raise typer.Exit(1)
    tell("valid")


@group.command()
def disclose(
    file: CredentialFile,
    field: Fields = None,
    output: Output = STANDARD_STREAM,
    as_json: AsJson = False,
) -> None:
    """Write a disclosure: the fields that are named, proven to be in what was signed, and nothing of the others.

    What the signed codes say (userType, permissions, mostEnergyWh, grade, credibilityPpm, wallet and times) can be read
    from every disclosure.

    [bold]Example:[/bold] powerpact ca disclose alice.credential.json --field grade --field userType -o grade.json
    """
    from powerpact.credentials.credential import disclose as show
    from powerpact.credentials.files import format_disclosure, parse_credential

    disclosure = show(parse_credential(file, read_input(file)), field or ())
    write_output(output, format_disclosure(disclosure))
    if output != STANDARD_STREAM:
        names = [one.name for one in disclosure.shown.fields]
        data = {"uid": f"0x{disclosure.attestation.uid.hex()}", "shown": names, "file": output}
        done(f"disclosed {', '.join(names)} in {output}", [], data, as_json=as_json)


@group.command()
def revoke(
    credential: Annotated[list[str], typer.Argument(metavar="FILE|UID...", help="Credentials, or their UIDs.")],
    account: As,
    committee: CommitteeFile = COMMITTEE_FILE,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Revoke, as an auditor, one's own signatures under credentials, permanently and for all to see.

    A credential is dead once fewer signatures than the committee needs are unrevoked.

    [bold]Example:[/bold] powerpact ca revoke alice.credential.json -a ann
    """
    from powerpact.chain.contracts import credentials

    members = read_committee(committee)
    uids = [_uid_of(text) for text in credential]
    chain, key = open_chain(deployment), unlock(account)
    _require_chain(chain.deployment.chain_id, members.chain_id)
    for text, uid in zip(credential, uids, strict=True):
        if uids.count(uid) > 1:
            raise BadChoice("credential", text, "is named twice", remedy="Name each once.")
        if credentials.revoked_at(chain, members.registry, [key.address], uid):
            raise BadChoice("credential", text, f"is revoked by {account} already", remedy="Leave it out.")
    mined = chain.sender(key).send(credentials.revoke(members.registry, uids))
    data = {"issuer": key.address, "revoked": [f"0x{uid.hex()}" for uid in uids]}
    done(f"revoked the signatures of {account}", [mined], data, as_json=as_json)


@group.command()
def export(
    file: CredentialFile,
    format_: Annotated[Format, typer.Option("--format", help="W3C credential, SD-JWT, or for the EAS SDK.")],
    account: Annotated[
        str | None, typer.Option("--account", "-a", metavar="NAME", help="The auditor who is its issuer.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option("--field", metavar="NAME", help="sd-jwt: only these are disclosed; repeatable.")
    ] = None,
    output: Output = STANDARD_STREAM,
) -> None:
    """Write a credential in a format of others: with one auditor as its issuer, who signs an SD-JWT again.

    A W3C credential has no proof of its own: the signatures are its evidence. vc and sd-jwt show what a credential
    shows; with --field an SD-JWT discloses these fields only.

    [bold]Example:[/bold] powerpact ca export alice.credential.json --format sd-jwt -a ann -o alice.sd-jwt
    """
    from powerpact.credentials.exports import eas_attestation, verifiable_credential
    from powerpact.credentials.files import parse_credential
    from powerpact.credentials.sdjwt import SD_FIELDS, sd_jwt

    credential = parse_credential(file, read_input(file))
    if field and format_ is not Format.SD_JWT:
        raise BadChoice("field", field[0], f"cannot be chosen for {format_}", remedy="Leave --field out.")
    if format_ is Format.SD_JWT:
        if account is None:
            raise BadChoice("account", "none", "is not named", remedy="Name the auditor who signs: --account NAME.")
        text = sd_jwt(credential, unlock(account), field or SD_FIELDS) + "\n"
    else:
        write = {Format.VC: verifiable_credential, Format.EAS: eas_attestation}[format_]
        made = write(credential, address_of(account) if account else None)
        text = json.dumps(made, indent=2, ensure_ascii=False) + "\n"
    write_output(output, text, is_private=True)


def _require_chain(have: int, needed: int) -> None:
    if have != needed:
        remedy = "Name the deployment file of the committee's chain with `--deployment`."
        raise BadChoice("deployment", f"of chain {have}", f"is not of the committee's chain, {needed}", remedy=remedy)


def _uid_of(text: str) -> bytes:
    """The UID of a credential that is named by its file or by the UID itself."""
    from powerpact.credentials.files import parse_credential

    if text.startswith("0x") and not Path(text).exists():
        try:
            uid = bytes.fromhex(text[2:])
        except ValueError:
            uid = b""
        if len(uid) != 32:
            raise BadChoice("credential", text, "is no UID", remedy="Give its 64 hexadecimal digits, or the file.")
        return uid
    return parse_credential(text, read_input(text)).attestation.uid
