"""What a reading must say by itself and beside the one before: the rules of ``Metering.report``, for a check ahead.

The contract stays the judge. A reading that breaks none of these rules is taken by it, if its device's key signed it
(contracts/metering/MeterReadings.sol, `_record`; contracts/metering/libraries/ReadingRules.sol).
"""

from __future__ import annotations

from typing import NamedTuple

from powerpact.market.readings import Quality, Reading


class LastReading(NamedTuple):
    """What is known of a device's last interval: start, Unix seconds, 0 if there is none; lifetime counters, Wh.

    `needs_proof` says that a trade of it is settled by proofs alone, since it is not measured or was corrected.
    """

    start_at: int = 0
    export_counter_wh: int = 0
    import_counter_wh: int = 0
    needs_proof: bool = False

    @classmethod
    def of(cls, reading: Reading) -> LastReading:
        """What is known once a reading is taken."""
        return cls(
            reading.start_at,
            reading.export_counter_wh,
            reading.import_counter_wh,
            reading.quality != Quality.MEASURED,
        )


def fault_of(reading: Reading, length_s: int, capacity_wh: int) -> str | None:
    """What is wrong with a reading by itself, with the values; None if nothing is.

    Parameters
    ----------
    reading : Reading
        The reading.
    length_s : int
        The deployment's base interval, s.
    capacity_wh : int
        The most energy of the device in one interval, Wh.

    Examples
    --------
    >>> reading = Reading.measured(
    ...     7, 7_200, 3_600, exported_wh=500, imported_wh=0, export_counter_wh=400, import_counter_wh=40
    ... )
    >>> fault_of(reading, 3_600, 5_000)
    'the export counter, 400 Wh, is below the energy of the interval, 500 Wh'
    """
    previous = reading.previous_start_at
    heads = (
        (not reading.start_at % length_s, f"it starts at {reading.start_at}, no multiple of {length_s} s"),
        (reading.start_at > 0, "it starts at 0, before which there is nothing"),
        (reading.length_s == length_s, f"it is {reading.length_s} s long, the base interval {length_s} s"),
        (
            not previous or previous + length_s <= reading.start_at,
            f"it comes after {previous}, which ends after it starts",
        ),
        (
            reading.quality in set(Quality),
            f"its quality is {reading.quality}, not 1 (measured), 2 (substituted) or 3 (estimated)",
        ),
        (reading.version > 0, "it is version 0; versions count from 1"),
    )
    for holds, fault in heads:
        if not holds:
            return fault
    for name, energy_wh, counter_wh in _flows(reading):
        if energy_wh > capacity_wh:
            return f"the {name}, {energy_wh} Wh, is above the device's capacity of {capacity_wh} Wh"
        if energy_wh > counter_wh:
            return f"the {name} counter, {counter_wh} Wh, is below the energy of the interval, {energy_wh} Wh"
    return None


def fault_after(reading: Reading, last: LastReading) -> str | None:
    """What is wrong with a reading as the next one after `last`; None if nothing is.

    It names the last one as its predecessor, or a later one that is missing. Both counters only rise:
    counter − energy ≥ last counter, for export and for import.

    Examples
    --------
    >>> reading = Reading.measured(
    ...     7, 7_200, 3_600, exported_wh=500, imported_wh=0, export_counter_wh=900, import_counter_wh=40,
    ...     previous_start_at=3_600,
    ... )
    >>> fault_after(reading, LastReading(3_600, 450, 40))
    'the export counter fell from 450 Wh after the last interval to 400 Wh before this one'
    """
    if reading.start_at <= last.start_at:
        return f"it starts at {reading.start_at}, and the device has reported {last.start_at} already"
    if reading.previous_start_at < last.start_at:
        return f"it comes after {reading.previous_start_at}, and the device has reported {last.start_at} already"
    lasts = last.export_counter_wh, last.import_counter_wh
    for (name, energy_wh, counter_wh), last_wh in zip(_flows(reading), lasts, strict=True):
        if counter_wh - energy_wh < last_wh:
            before_wh = counter_wh - energy_wh
            return (
                f"the {name} counter fell from {last_wh} Wh after the last interval to {before_wh} Wh before this one"
            )
    return None


def _flows(reading: Reading) -> tuple[tuple[str, int, int], tuple[str, int, int]]:
    """Name, energy and counter of both directions."""
    return (
        ("export", reading.exported_wh, reading.export_counter_wh),
        ("import", reading.imported_wh, reading.import_counter_wh),
    )
