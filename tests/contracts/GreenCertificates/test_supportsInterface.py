import pytest


@pytest.mark.parametrize(
    ("interface_id", "supported"),
    [
        ("0x01ffc9a7", True),  # ERC-165
        ("0xd9b67a26", True),  # ERC-1155
        ("0x0e89341c", True),  # ERC-1155 metadata
        ("0x80ac58cd", False),  # ERC-721
        ("0xffffffff", False),  # never, says ERC-165
    ],
)
def test_supports(certificates, interface_id, supported):
    assert certificates.supportsInterface(interface_id) is supported
