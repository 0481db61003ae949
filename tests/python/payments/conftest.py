"""Alice and Bob with channels on a real node."""

import pytest

from powerpact.chain.contracts import channels, points
from powerpact.market.channels import MeteredTerms, MutualTerms
from powerpact.store.channels import ChannelBook
from powerpact.store.journal import Journal

LOCKED_UPOINTS = 10_000_000
PRICE_UPOINTS_PER_KWH = 90_000


@pytest.fixture
def funded(world):
    """Alice and Bob have points in the wallet."""
    for name in ("alice", "bob"):
        mint = points.mint(world.chain, world.address(name), 100_000_000, points.reference(f"for channels of {name}"))
        world.sender("utility").send(mint)
        world.sender(name).send(points.deposit(world.chain, world.keys[name], 50_000_000))
    return world


@pytest.fixture
def opened(funded):
    """Open a channel as Alice, and read it."""

    def _opened(terms):
        funded.sender("alice").send(channels.open_channel(funded.chain, terms, LOCKED_UPOINTS))
        return channels.channel(funded.chain, channels.terms_id(funded.chain, terms).hex())

    return _opened


@pytest.fixture
def metered(funded, opened):
    """Alice pays Bob for his meter's readings."""
    device = funded.meters["bob"].device
    parties = funded.address("alice"), funded.address("bob")
    return opened(MeteredTerms(*parties, device, PRICE_UPOINTS_PER_KWH, 3_600, 1))


@pytest.fixture
def mutual(funded, opened):
    """Ten points are locked for Alice, and ten for Bob."""
    found = opened(MutualTerms(funded.address("alice"), funded.address("bob"), 3_600, 1))
    funded.sender("bob").send(channels.fund(funded.chain, found, LOCKED_UPOINTS))
    return channels.channel(funded.chain, found.id.hex())


@pytest.fixture
def book_of(funded, tmp_path):
    """The book of somebody, each on a machine of its own."""

    def _book_of(name):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        return ChannelBook(Journal(folder, bytes(32)), funded.address(name))

    return _book_of
