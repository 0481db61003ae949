"""The formats of meters' files: how each is recognised, and who reads it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from powerpact.series.errors import BadMeterFile
from powerpact.series.limits import MAX_FILE_BYTES
from powerpact.series.meters.dsmr import is_dsmr, read_dsmr
from powerpact.series.meters.eda import read_eda
from powerpact.series.meters.greenbutton import read_green_button
from powerpact.series.meters.intervals import MeterData, Source
from powerpact.series.meters.ocmf import is_ocmf, read_ocmf
from powerpact.series.meters.options import Format
from powerpact.series.meters.sml import read_sml
from powerpact.series.meters.sml_frames import is_sml
from powerpact.series.meters.xmltree import root_name

ROOTS: Final = {"feed": Format.GREEN_BUTTON, "ConsumptionRecord": Format.EDA}
"""First elements of formats in XML."""
SIGNS: Final[dict[Format, Callable[[bytes], bool]]] = {
    Format.OCMF: is_ocmf,
    Format.SML: is_sml,
    Format.DSMR: is_dsmr,
}
READERS: Final[dict[Format, Callable[[Source], MeterData]]] = {
    Format.DSMR: read_dsmr,
    Format.OCMF: read_ocmf,
    Format.SML: read_sml,
    Format.GREEN_BUTTON: read_green_button,
    Format.EDA: read_eda,
}


def read_meter_file(source: Source, wanted: Format | None = None) -> tuple[Format, MeterData]:
    """Read a file of a meter.

    Parameters
    ----------
    source : Source
        The file.
    wanted : Format, optional
        Its format; by default what its content shows.

    Returns
    -------
    Format
        What it is.
    MeterData
        What it holds.

    Raises
    ------
    BadMeterFile
        If it is too large, of no known format, or its reader refuses it.
    """
    if len(source.data) > MAX_FILE_BYTES:
        problem = f"the file has {len(source.data)} bytes, more than {MAX_FILE_BYTES}"
        raise source.place().bad(problem, "Give it in parts: several files are read together.")
    found = wanted or recognised(source.data)
    if found is None:
        raise unknown(source)
    return found, READERS[found](source)


def recognised(data: bytes) -> Format | None:
    """The format that a file's content shows, None if it is none of them.

    Examples
    --------
    >>> recognised(b'OCMF|{"FV":"1.0"}|{}').value, recognised(b"time,home")
    ('ocmf', None)
    """
    return next((found for found, shows in SIGNS.items() if shows(data)), None) or ROOTS.get(root_name(data))


def unknown(source: Source) -> BadMeterFile:
    """The error for a file of no known format."""
    begin = source.data[:20]
    problem = f"its content shows none of the formats {', '.join(Format)}; it begins with {begin!r}"
    return source.place().bad(problem, "State --format, or read a table with `powerpact data import`.")
