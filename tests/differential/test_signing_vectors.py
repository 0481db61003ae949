"""What is signed: the library and the contracts give the hashes and words of an independent implementation."""

import json

import pytest
from eth_account import Account

from powerpact.chain.artifacts import artifact, read_artifact
from powerpact.chain.local.node import Node
from powerpact.codec.abi import Interface
from powerpact.codec.devicekeys import P256Key, sign_by_device
from powerpact.codec.eip712 import TYPES, Domain, encode_type, recover, sign, signing_hash
from powerpact.codec.eip712.errors import MessageMismatch
from powerpact.codec.eip712.signing import struct_hash
from powerpact.codec.packing import order_tree, reading_tree
from powerpact.codec.readingfile import normal_signature, signer_of
from powerpact.market.mandates import Mandate
from powerpact.market.orders import Order
from powerpact.market.readings import Reading
from testkit.chains import EvmChain, NodeChain
from testkit.constants import BROWNIE_BUILD
from testkit.vectors import VECTORS

FILE = json.loads((VECTORS / "signing.json").read_text())
CASES = FILE["cases"]
DOMAIN = Domain(FILE["domain"]["chainId"], FILE["domain"]["verifyingContract"])
SOMEBODY = "0x" + "11" * 20
P256 = FILE["p256"]
BY_DEVICES = [case for case in CASES if "p256Signature" in case]


def name_of(case):
    return f"{case['type']} {case['fill']}"


def octets(text):
    return bytes.fromhex(text[2:])


def message_of(case):
    """The message with bytes where the file has them in hexadecimal."""
    return read(case["type"], case["message"])


def read(type_, value):
    """A value of the file."""
    if type_ in TYPES:
        return {member.name: read(member.type, value[member.name]) for member in TYPES[type_]}
    return octets(value) if type_.startswith("bytes") else value


@pytest.fixture(scope="module")
def harness():
    """Call the hashing libraries as a contract."""
    chain, compiled = EvmChain(), read_artifact(BROWNIE_BUILD, "SigningHarness")
    interface = Interface(compiled.abi)
    address = chain.create(SOMEBODY, compiled.bytecode)

    def call(function, *arguments):
        return interface.decode_output(function, chain.read(address, interface.encode_call(function, arguments)))

    return call


def words_of(case):
    return [int(word, 16) for word in case["words"]]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_library_hashes_and_signs_alike(case):
    message = message_of(case)
    assert encode_type(case["type"]) == case["encodeType"]
    assert struct_hash(case["type"], message) == octets(case["structHash"])
    assert signing_hash(DOMAIN, case["type"], message) == octets(case["digest"])
    assert sign(Account.from_key(FILE["key"]), DOMAIN, case["type"], message) == octets(case["signature"])
    assert recover(DOMAIN, case["type"], message, octets(case["signature"])) == FILE["signer"]


@pytest.mark.parametrize("case", [case for case in CASES if case["type"] in ("BuyOrder", "SellOrder")], ids=name_of)
def test_an_orders_words_mean_what_was_signed(harness, case):
    order, market = Order.unpack(words_of(case)), message_of(case)["market"]
    primary_type, message = order.message(market)
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in message_of(case).items()}
    assert (primary_type, message) == (case["type"], lists)
    assert list(order.pack()) == words_of(case)
    assert harness("orderHash", market, order.pack()) == octets(case["structHash"])
    assert harness("orderLeaf", 17, order.pack()) == octets(case["leafAt17"])


@pytest.mark.parametrize("case", [case for case in CASES if case["type"] == "Reading"], ids=name_of)
def test_a_readings_words_mean_what_was_signed(harness, case):
    reading = Reading.unpack(words_of(case))
    assert reading.message() == message_of(case)
    assert list(reading.pack()) == words_of(case)
    assert harness("readingHash", reading.pack()) == octets(case["structHash"])
    assert harness("readingLeaf", 17, reading.pack()) == octets(case["leafAt17"])


def test_the_trees_have_the_contracts_leaves(harness):
    orders = [Order.unpack(words_of(case)).pack() for case in CASES if case["type"] in ("BuyOrder", "SellOrder")]
    readings = [Reading.unpack(words_of(case)) for case in CASES if case["type"] == "Reading"]
    assert order_tree(orders[:1]).root == harness("orderLeaf", 0, orders[0])
    taken = [reading for reading in readings if any(reading.pack())]
    assert reading_tree(taken[:1]).root == harness("readingLeaf", 0, taken[0].pack())
    assert reading_tree([reading for reading in readings if not any(reading.pack())]).root == bytes(32)


def test_every_type_has_its_vectors():
    assert {case["type"] for case in CASES} == set(TYPES)


@pytest.mark.parametrize("case", [case for case in CASES if case["type"] == "Mandate"], ids=name_of)
def test_a_mandates_words_mean_what_was_signed(case):
    """As the contract hashes them: tests/contracts/Mandates asks it for its hash."""
    lists = {name: tuple(value) if isinstance(value, list) else value for name, value in message_of(case).items()}
    mandate = Mandate.of_message(lists)
    assert Mandate.unpack(mandate.pack()).message() == ("Mandate", lists)


@pytest.mark.parametrize("case", BY_DEVICES, ids=name_of)
def test_a_p256_key_signs_alike(case):
    key, signature = P256Key(octets(P256["key"])), octets(case["p256Signature"])
    assert sign_by_device(key, DOMAIN, case["type"], message_of(case)) == signature
    assert signer_of(octets(case["digest"]), normal_signature(signature)) == octets(P256["signer"])
    assert key.address == P256["signer"]


def test_a_p256_key_signs_whatever_devices_sign():
    assert {case["type"] for case in BY_DEVICES} == {"Device", "Rotation", "MeterExchange", "Reading"}


def outcome(digest, signature):
    """The signer's address, as the bridge finds it out."""
    try:
        return signer_of(digest, normal_signature(signature))
    except MessageMismatch:
        return None


@pytest.mark.parametrize("case", P256["taken"], ids=lambda case: case["what"])
def test_the_library_knows_whose_a_p256_signature_is(case):
    assert outcome(octets(case["digest"]), octets(case["signature"])) == octets(case["signer"])


@pytest.mark.parametrize("case", P256["refused"], ids=lambda case: case["what"])
def test_the_library_refuses_the_p256_signatures_that_the_contract_refuses(case):
    """All but the upper half of s, of which it makes the lower half."""
    by_key = outcome(octets(case["digest"]), octets(case["signature"])) == octets(P256["signer"])
    assert by_key == (case["what"] == "s is in the upper half")


@pytest.mark.parametrize(("hardfork", "has_precompile"), [("prague", False), ("osaka", True)])
def test_the_contract_judges_alike_with_and_without_the_precompile(hardfork, has_precompile):
    compiled = artifact("DeviceKeys")
    interface = Interface(compiled.abi)
    signed = [(octets(case["digest"]), octets(case["p256Signature"])) for case in BY_DEVICES]
    signed += [(octets(case["digest"]), octets(case["signature"])) for case in P256["taken"] + P256["refused"]]
    signers = [P256["signer"]] * len(BY_DEVICES) + [case["signer"] for case in P256["taken"]]
    with Node(hardfork=hardfork, base_fee_wei=0) as node:
        chain = NodeChain(node.rpc_url)
        address = chain.create(SOMEBODY, compiled.bytecode)

        def ask(function, *arguments):
            return address, interface.encode_call(function, arguments)

        (known,) = chain.read_all([ask("hasPrecompile")])
        answers = chain.read_all([ask("signerOf", *one) for one in signed])
    assert interface.decode_output("hasPrecompile", known) == has_precompile
    found = [interface.decode_output("signerOf", answer) for answer in answers]
    assert found == signers + ["0x" + "00" * 20] * len(P256["refused"])
