"""What a trader states on the command line, as the library takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from powerpact.cli.choices import assignment, numbers
from powerpact.errors import BadChoice
from powerpact.market.wording import parse_price

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from powerpact.chain.client import Chain
    from powerpact.market.rules import Rules
    from powerpact.market.schema import Side
    from powerpact.market.terms import Want


def chosen_nonce(chain: Chain, trader: ChecksumAddress, side: Side, chosen: int | None, first: int = 0) -> int:
    """The nonce that was chosen, once it is known to be good, else the next one."""
    from powerpact.chain.contracts.orders import check_nonce, unused_nonce

    if chosen is None:
        return unused_nonce(chain, trader, side, first)
    check_nonce(chain, trader, side, chosen)
    return chosen


def check_capacity(chain: Chain, rules: Rules, energy_wh: int, device: int) -> None:
    """Refuse to sell more of a slot than the device can deliver, before anything is signed."""
    from powerpact.chain.contracts.devices import existing
    from powerpact.market.terms import require_capacity

    intervals = len(rules.slot.intervals(chain.deployment.parameters.base_interval_s))
    require_capacity(energy_wh, device, existing(chain, device).capacity_wh, intervals)


def stated_values(texts: list[str] | None) -> dict[str, int]:
    """What a seller declares, by attribute."""
    stated = (assignment("attribute", text) for text in texts or ())
    return {name: numbers("attribute", value, (1,))[0] for name, value in stated}


def stated_classes(texts: list[str] | None) -> dict[str, str]:
    """Labels or codes of classes, by category."""
    return dict(assignment("class", text) for text in texts or ())


def coded(rules: Rules, texts: list[str] | None) -> bytes:
    """Eight class codes of what is stated by category."""
    from powerpact.market.terms import class_codes

    return class_codes(rules, stated_classes(texts))


def wanted(texts: list[str], rules: Rules) -> dict[str, Want]:
    """What a buyer wants, by attribute; of the seller's ask, prices."""
    from powerpact.market.rules import AttributeSource
    from powerpact.market.terms import Want

    asks = {entry.name for entry in rules.attributes if entry.source is AttributeSource.ASK}
    wants = {}
    for text in texts:
        name, value = assignment("term", text)
        parts = value.split(":")
        if name in asks and len(parts) in (2, 3):
            prices = [str(parse_price(price, "term", least=0)) for price in parts[:2]]
            value = ":".join([*prices, *parts[2:]])
        wants[name] = Want(*numbers("term", value, (2, 3)))
    return wants


Stated = TypeVar("Stated")


def needed(option: str, value: Stated | None) -> Stated:
    """What an order without a mandate must state.

    Raises
    ------
    BadChoice
        If it does not.
    """
    if value is None:
        raise BadChoice(option, "nothing", "is not enough", remedy=f"Give --{option}, or --mandate FILE.")
    return value


def refuse_beside_mandate(**options: object) -> None:
    """Refuse what a mandate fixes.

    Raises
    ------
    BadChoice
        At the first option that is given.
    """
    for name, value in options.items():
        if value is not None and value is not False and value != []:
            option = name.replace("_", "-")
            raise BadChoice(option, value, "is not for orders under a mandate", remedy=f"Leave --{option} out.")
