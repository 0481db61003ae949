"""A broker with TLS, users and topics of their own, and what is told when it does not let somebody in."""

import datetime
import ipaddress

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from powerpact.chain.local.node import free_port
from powerpact.devices.bridge import Bridge, Options
from powerpact.devices.broker import Broker, Publisher
from powerpact.devices.errors import BrokerRefused, BrokerUnreachable
from powerpact.errors import BadChoice
from powerpact.index import attach
from testkit.broker import BrokerProcess, password_line

ACCESS = """\
allow_anonymous false
password_file {folder}/users
acl_file {folder}/acl
certfile {folder}/broker.pem
keyfile {folder}/broker.key
"""
ACL = """\
user bridge
topic read powerpact/+/reading
pattern write powerpact/%u/reading
"""


def write_certificate(folder):
    """A certificate for 127.0.0.1 that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test broker")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "broker.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / "broker.key").write_bytes(secret)


@pytest.fixture
def guarded(tmp_path, world):
    """A broker with TLS, which knows the bridge and bob's device."""
    folder = tmp_path / "broker"
    folder.mkdir(mode=0o755)
    write_certificate(folder)
    device = world.meters["bob"].device
    (folder / "users").write_text(password_line("bridge", "secret one") + password_line(str(device), "secret two"))
    (folder / "acl").write_text(ACL)
    with BrokerProcess(folder, ACCESS.format(folder=folder)) as running:
        yield running


def of(broker, user, password):
    return Broker.parse(broker.address, user, password, tls=True, ca=broker.folder / "broker.pem")


def test_readings_go_through_a_guarded_broker(world, guarded, tmp_path):
    meter = world.meters["bob"]
    chain = attach(world.chain.web3, world.chain.deployment, tmp_path / "data", patience_s=0.05)
    options = Options(confirmations=0, patience_s=0, poll_s=0.05, until_idle_s=0.5)

    def bridge():
        where = of(guarded, "bridge", "secret one")
        return Bridge(chain, chain.sender(world.keys["agent"]), chain.outbox, where, options)

    bridge().run()
    start = world.next_slot() - 3 * 3_600
    publisher = Publisher(of(guarded, str(meter.device), "secret two"))
    publisher.publish([meter.measure(start, 100, 0)])
    publisher.close()
    made = bridge()
    made.run()
    assert made.readings.counts() == {"final": 1}


def test_a_wrong_password_is_told_without_it(guarded):
    with pytest.raises(BrokerRefused, match="refuses bridge") as refused:
        Publisher(of(guarded, "bridge", "wrong secret"))
    assert "wrong secret" not in f"{refused.value!r} {refused.value.remedy} {of(guarded, 'bridge', 'wrong secret')!r}"


def test_a_certificate_that_nobody_vouches_for_is_refused(guarded):
    stranger = Broker.parse(guarded.address, "bridge", "secret one", tls=True, ca=None)
    with pytest.raises(BrokerUnreachable, match="certificate"):
        Publisher(stranger)


def test_a_broker_that_is_not_there_is_told():
    with pytest.raises(BrokerUnreachable, match="refused"):
        Publisher(Broker("127.0.0.1", free_port()))


def test_a_password_does_not_go_over_a_network_in_clear_text():
    with pytest.raises(BadChoice, match="clear text"):
        Broker.parse("broker.example", "bridge", "secret", tls=False)
    assert Broker.parse("localhost", "bridge", "secret", tls=False).port == 1_883
    assert Broker.parse("broker.example", "bridge", "secret", tls=True).port == 8_883


@pytest.mark.parametrize("text", ["", ":1883", "host:", "host:0", "host:65536", "mqtt://host"])
def test_an_address_that_is_none_is_told(text):
    with pytest.raises(BadChoice, match="HOST"):
        Broker.parse(text, tls=False)
