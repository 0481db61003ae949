"""The campaigns. To add one, add it to `CAMPAIGNS`: its command, its samples and its listing follow.

A part is any command that prints a JSON object in a line of its own for each thing that it measured
(`toolchain/campaign.py`), so that a part that is stopped has measured something.
"""

from toolchain.campaign import Campaign, Part
from toolchain.places import ROOT

BENCH = ("python", "-m", "benchmarks")
MODES = ("one-to-one", "divisible")
FAMILIES = ("mid", "dense", "sat", "corner", "homes")
SAMPLED = ("one-to-one mid", "divisible homes")
SMALL = ("30", "--contender", "PowerPact", "PowerPact verifier", "OR-tools flow")

FUZZ = ("python", "-m", "testkit.fuzzing")
FUZZED = sorted(path.name.removesuffix(".t.sol") for path in (ROOT / "tests/forge").glob("*.t.sol"))

PROVE = ("python", "-m", "testkit.proving")
PROVEN = sorted(path.stem for path in (ROOT / "tests/proofs").glob("*.sol"))

SOAK = ("python", "-m", "testkit.soak")
SHORT = ("--minutes", "6", "--tick", "1.5")
SEEDS = (2026, 2027, 2028)

GATEWAY_SOAK = ("python", "-m", "testkit.gateway_soak")
DAY_OF_A_THOUSAND = ("--devices", "1000", "--intervals", "97", "--every", "30", "--patience", "3300")
"""Each meter has reported an interval before; 96 go through the bridge."""
TAKEN = ("python", "-m", "benchmarks.readings")

COVER = ("python", "-m", "testkit.covering")

MUTATE = ("python", "-m", "testkit.mutation")
GROUPS = (
    *("accounts", "settlement", "releases", "metering", "certificates", "points"),
    *("clearing", "satisfaction", "refutations", "devices", "orders", "trades"),
)
"""Of contracts, in `testkit.mutation.catalogue`."""
SMALLEST_GROUP = "points"


def _solver_part(mode: str, family: str) -> Part:
    command = (*BENCH, "solver", mode, family)
    return Part(f"solver-{mode}-{family}", command, (*command, *SMALL) if f"{mode} {family}" in SAMPLED else ())


def _seeded_part(group: str) -> Part:
    command = (*MUTATE, "part", group)
    return Part(group, command, (*command, "--machine-only") if group == SMALLEST_GROUP else ())


CAMPAIGNS = {
    campaign.name: campaign
    for campaign in (
        Campaign(
            "bench",
            "time, memory and gas, beside other ways to match",
            (
                Part("gas", (*BENCH, "gas"), (*BENCH, "gas", "--sample")),
                Part("cow", (*BENCH, "cow"), (*BENCH, "cow", "--sample")),
                Part("large-round", (*BENCH, "large-round"), (*BENCH, "large-round", "--sample"), only_by_name=True),
                Part("members", (*BENCH, "members"), (*BENCH, "members", "--sample")),
                Part("first-demo", (*BENCH, "first-demo"), only_by_name=True),
                Part("first-call", (*BENCH, "first-call", *MODES)),
                *(_solver_part(mode, family) for mode in MODES for family in FAMILIES),
            ),
            renew=(*BENCH, "record"),
            records=("benchmarks/results", "docs/pictures"),
            packages=("numpy", "numba", "scipy", "ortools"),
        ),
        Campaign(
            "soak",
            "an hour of a market among enemies and bad nodes, in five minutes",
            tuple(
                Part(f"hour-{seed}", (*SOAK, "--seed", str(seed)), (*SOAK, *SHORT) if seed == SEEDS[0] else ())
                for seed in SEEDS
            ),
        ),
        Campaign(
            "gateway",
            "readings of 1 000 meters while broker, bridge and node are killed; how many a bridge takes in a second",
            (
                Part("taken", (*TAKEN, "1000", "1000"), (*TAKEN, "50", "10")),
                Part("killed", (*GATEWAY_SOAK, *DAY_OF_A_THOUSAND)),
            ),
            renew=("python", "-m", "benchmarks.gateway"),
            records=("benchmarks/results/gateway.json",),
            packages=("coincurve", "paho-mqtt", "pycryptodome", "sqlalchemy"),
        ),
        Campaign(
            "fuzz",
            "Foundry's fuzz tests and invariants, each for two minutes: over two hours",
            tuple(
                Part(file, (*FUZZ, file), (*FUZZ, file, "--seconds", "2") if file == "Units" else ()) for file in FUZZED
            ),
        ),
        Campaign(
            "prove",
            "lemmas about the contracts, for every input",
            tuple(
                Part(
                    name,
                    (*PROVE, f"{name}Proof", "--seconds", "600"),
                    (*PROVE, "UnitsProof") if name == "Units" else (),
                )
                for name in PROVEN
            ),
        ),
        Campaign(
            "coverage",
            "which lines of the library and of the contracts the tests run",
            (
                Part("library", (*COVER, "library"), (*COVER, "library", "tests/python/market/test_wording.py")),
                Part("contracts", (*COVER, "contracts")),
            ),
            renew=(*COVER, "record"),
            records=("docs/coverage.md",),
            packages=("coverage",),
        ),
        Campaign(
            "mutate",
            "200 bugs seeded into the contracts, which machine and unit tests must find",
            (
                Part("unchanged", (*MUTATE, "unchanged")),
                *map(_seeded_part, GROUPS),
            ),
            renew=(*MUTATE, "record"),
            records=("docs/mutation.md",),
            packages=("hypothesis", "pyrevm"),
        ),
    )
}
"""All campaigns, by the command of `./run` that runs them."""
