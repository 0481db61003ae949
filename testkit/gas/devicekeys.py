"""Gas of what devices sign, by the curve of their keys, measured on a node."""

from __future__ import annotations

from powerpact.codec.devicekeys import DeviceKey
from powerpact.market.readings import Reading
from testkit.chains import NodeChain
from testkit.gas.measure import Gas, measuring_chain
from testkit.market import SLOT_LENGTH_S, Community
from testkit.meters import device_key, p256_key, packed, sign_readings

BATCH = 50
PRECOMPILE_FORK = "osaka"
"""The first rules with a precompile for P-256 (EIP-7951)."""


def device_key_gas() -> Gas:
    """Gas of each step, by what checks the signature."""
    gas: Gas = {}
    with measuring_chain() as chain:
        gas |= _steps(chain, [device_key(f"meter {k}") for k in range(BATCH)], "secp256k1")
    with measuring_chain() as chain:
        gas |= _steps(chain, [p256_key(f"meter {k}") for k in range(BATCH)], "P-256 by Solidity")
    with measuring_chain(PRECOMPILE_FORK) as chain:
        gas |= _steps(chain, [p256_key(f"meter {k}") for k in range(BATCH)], "P-256 by the precompile")
    return gas


def _steps(chain: NodeChain, keys: list[DeviceKey], how: str) -> Gas:
    """Devices are bound, and report a first interval, a second one together, and one of them a third."""
    gas: Gas = {}
    community = Community(chain, 1)
    owner = community.traders[0].account
    ids = [community.bind(owner, key, certified=False) for key in keys]
    domain, start = community.domain("Metering"), community.next_slot()
    chain.warp(start + 3 * SLOT_LENGTH_S)

    def report(number: int, count: int) -> tuple[int, int]:
        readings = [
            Reading.measured(
                id_,
                start + number * SLOT_LENGTH_S,
                SLOT_LENGTH_S,
                exported_wh=700,
                imported_wh=20,
                export_counter_wh=10_000 + 700 * number,
                import_counter_wh=5_000 + 20 * number,
                previous_start_at=community.read("Metering", "last", id_)[0],
            )
            for id_ in ids[:count]
        ]
        signatures = [sign_readings(key, domain, [one])[0] for key, one in zip(keys, readings, strict=False)]
        receipt = community.send(community.agent, "Metering", "report", packed(readings), signatures)
        inner = chain.trace(receipt.transaction_hash).get("calls", [])
        asked = [call for call in inner if call["to"].lower() == community.addresses["DeviceKeys"].lower()]
        return receipt.gas_used, sum(int(call["gasUsed"], 16) for call in asked)

    report(0, BATCH)
    gas[f"report a reading, each of {BATCH}, {how}"] = round(report(1, BATCH)[0] / BATCH)
    gas[f"report a reading alone, {how}"], asked = report(2, 1)
    if asked:
        gas[f"of that: check the signature, {how}"] = asked
    return gas
