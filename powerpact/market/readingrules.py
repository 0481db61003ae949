"""What a reading must say by itself and beside the one before: the rules of ``Metering.report``, for a check ahead.

The contract stays the judge. A reading that breaks none of these rules is taken by it, if its device's key signed it
(contracts/metering/MeterReadings.sol, `_record`; contracts/metering/libraries/ReadingRules.sol).
"""

from __future__ import annotations

from typing import NamedTuple

from powerpact.market.readings import Quality, Reading


class Opening(NamedTuple):
    """What the counters of a device begin with once its meter is exchanged: when, Unix seconds; counters, Wh."""

    from_at: int
    export_counter_wh: int
    import_counter_wh: int


class LastReading(NamedTuple):
    """What is known of a device's last interval: start, Unix seconds, 0 if there is none; lifetime counters, Wh.

    `needs_proof` says that a trade of it is settled by proofs alone, since it is not measured or was corrected.
    `openings` are the device's, oldest first: exchanges of its meter.
    """

    start_at: int = 0
    export_counter_wh: int = 0
    import_counter_wh: int = 0
    needs_proof: bool = False
    openings: tuple[Opening, ...] = ()

    def then(self, reading: Reading) -> LastReading:
        """What is known once a reading is taken."""
        return self._replace(
            start_at=reading.start_at,
            export_counter_wh=reading.export_counter_wh,
            import_counter_wh=reading.import_counter_wh,
            needs_proof=reading.quality != Quality.MEASURED,
        )

    def counters_before(self, start_at: int) -> tuple[int, int]:
        """With what the counters of an interval that starts then begin at least, Wh: export and import.

        They are the last ones, or those of the meter that was exchanged since then.

        Examples
        --------
        >>> last = LastReading(3_600, 450, 40, openings=(Opening(7_200, 0, 5),))
        >>> last.counters_before(7_200), last._replace(start_at=7_200).counters_before(10_800)
        ((0, 5), (450, 40))
        """
        for opening in reversed(self.openings):
            if self.start_at < opening.from_at <= start_at:
                return opening.export_counter_wh, opening.import_counter_wh
        return self.export_counter_wh, self.import_counter_wh


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
    counter − energy ≥ last counter, for export and for import; after an exchange of the meter, ≥ what it began with.

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
    lasts = last.counters_before(reading.start_at)
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
