"""On chain, imports and calls go down: what a contract knows of another it knows through an interface below it."""

from pathlib import Path

import pytest

from testkit.sources import CONTRACT_FLOORS as FLOORS
from testkit.sources import Call, calls_in, home_of_interfaces, imports_of, relative, room_of, solidity_files

FREE = ("types", "shared", "testing")  # values and helpers without state, and what is never deployed

CONTRACTS = [path for path in solidity_files("contracts") if room_of(relative(path)) != "testing"]


def short(path: Path) -> str:
    return relative(path).removeprefix("contracts/")


def mechanism_of(path: str) -> str | None:
    """The mechanism that a source belongs to, None for what all share or what belongs to none."""
    _, _, after = path.partition("/mechanisms/")
    name, inside, _ = after.partition("/")
    return name if inside else None


def allowed(source: str, imported: str) -> bool:
    """Whether a contract may import another source of the project."""
    room, other = room_of(source), room_of(imported)
    if imported.startswith("interfaces/"):
        return room != "types"
    if room == "types":
        return other == "types"
    if room == "shared":
        return other in ("types", "shared")
    if other in ("types", "shared"):
        return True
    if room == other:
        return mechanism_of(imported) in (None, mechanism_of(source))
    inner = "/libraries/" in imported or "/mechanisms/" in imported
    return not inner and other in FLOORS and FLOORS.index(other) < FLOORS.index(room)


def climbs(room: str, call: Call) -> bool:
    """Whether a call from a room goes up."""
    target = home_of_interfaces()[call.target]
    return target != room and FLOORS.index(target) > FLOORS.index(room)


def test_every_room_has_a_floor():
    rooms = {room_of(relative(path)) for path in solidity_files("contracts", "interfaces")}
    assert rooms <= {*FLOORS, *FREE}


@pytest.mark.parametrize("path", CONTRACTS, ids=short)
def test_imports_stay_inside_the_walls(path):
    source = relative(path)
    inside = [name for name in imports_of(path) if name.startswith(("contracts/", "interfaces/"))]
    assert not [name for name in inside if not allowed(source, name)]


@pytest.mark.parametrize("path", solidity_files("interfaces"), ids=lambda path: path.stem)
def test_interfaces_import_interfaces_and_types_alone(path):
    own = [name for name in imports_of(path) if name.startswith("contracts/")]
    assert not [name for name in own if not name.startswith("contracts/types/")]


@pytest.mark.parametrize("path", CONTRACTS, ids=short)
def test_calls_go_down(path):
    room = room_of(relative(path))
    assert not [call for call in calls_in(path) if room in FLOORS and climbs(room, call)]


def test_certificates_ask_nobody():
    assert not [call for path in CONTRACTS if room_of(relative(path)) == "tokens" for call in calls_in(path)]


def test_calls_are_seen_in_every_form(tmp_path):
    source = tmp_path / "Caller.sol"
    source.write_text(
        """
contract Caller {
    IClearing public immutable CLEARING; // CLEARING.exact(1)
    string constant NOTE = "CLEARING.leastObjective()";
    function f(IOrderBook book, bytes memory m) external {
        CLEARING.finalOf(m);
        book.rulesOf{gas: 1}(m);
        IMetering(address(book)).deliver(m);
        m.ask(IAccounts.admit.selector);
        abi.encodeCall(IPowerPoints.burn, (1));
        emit IClearing.Proposed(1);
    }
}
"""
    )
    assert calls_in(source) == [
        Call("Caller", "IAccounts", "admit"),
        Call("Caller", "IClearing", "finalOf"),
        Call("Caller", "IMetering", "deliver"),
        Call("Caller", "IOrderBook", "rulesOf"),
        Call("Caller", "IPowerPoints", "burn"),
    ]


@pytest.mark.parametrize(
    ("source", "imported"),
    [
        ("contracts/types/Orders.sol", "contracts/shared/Lanes.sol"),
        ("contracts/shared/Lanes.sol", "contracts/market/OrderBook.sol"),
        ("contracts/market/OrderBook.sol", "contracts/settlement/libraries/Payout.sol"),
        ("contracts/settlement/Settlement.sol", "contracts/market/libraries/OrderRules.sol"),
        ("contracts/clearing/mechanisms/call/Call.sol", "contracts/clearing/mechanisms/satisfaction/PairSweep.sol"),
        ("contracts/market/OrderBook.sol", "contracts/testing/AccountsStub.sol"),
    ],
)
def test_walls_hold(source, imported):
    assert not allowed(source, imported)
