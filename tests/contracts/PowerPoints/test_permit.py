import pytest

from powerpact.codec.eip712 import Domain, sign
from testkit.meters import device_key
from testkit.reverts import reverts_with

HOLDER = device_key("a key that signs and never sends")


@pytest.fixture
def permit(points, chain, bob):
    """Bob's permission to spend 70 micro-points of the holder, signed by the holder."""

    def _permit(deadline, key=HOLDER, nonce=0):
        message = {
            "owner": HOLDER.address,
            "spender": bob.address,
            "value": 70,
            "nonce": nonce,
            "deadline": deadline,
        }
        signature = sign(key, Domain(chain.id, points.address), "Permit", message)
        return HOLDER.address, bob, 70, deadline, signature[64], signature[:32], signature[32:64]

    return _permit


def test_reverts_after_the_deadline(points, permit, now, bob):
    deadline = now() - 1
    with reverts_with("ERC2612ExpiredSignature", deadline):
        points.permit(*permit(deadline), {"from": bob})


def test_reverts_for_another_signer(points, permit, now, bob):
    thief = device_key("thief")
    with pytest.raises(Exception, match="ERC2612InvalidSigner"):
        points.permit(*permit(now() + 100, key=thief), {"from": bob})


def test_reverts_for_a_permit_already_used(points, permit, now, bob):
    deadline = now() + 1_000
    points.permit(*permit(deadline), {"from": bob})
    with pytest.raises(Exception, match="ERC2612InvalidSigner"):
        points.permit(*permit(deadline), {"from": bob})


def test_allows_the_spender(points, permit, now, bob):
    points.permit(*permit(now() + 100), {"from": bob})
    assert points.allowance(HOLDER.address, bob) == 70
    assert points.nonces(HOLDER.address) == 1
