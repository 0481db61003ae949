"""Lifetime counters of SunSpec inverters and meters, read over Modbus TCP, and the readings that follow from them.

A device's registers begin with the mark ``SunS``, then comes one model after another: its number, its length, its
points. Model 1 says who made the device; 101 to 103 are inverters, which count what they give; 201 to 204 are meters,
which count both ways. An energy is a 32-bit count of Wh times ten to the power of a signed register (SunSpec Alliance,
*Device Information Model Specification* and the models' tables, github.com/sunspec/models).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import TracebackType
from typing import Final, NamedTuple, Self

from pymodbus.client import ModbusTcpClient
from pymodbus.exceptions import ModbusException

from powerpact.chain.contracts.meters import SignedReading
from powerpact.devices.errors import BadRegisters, MeterUnreachable
from powerpact.devices.meter import Meter
from powerpact.errors import BadChoice

PORT: Final = 502
TIMEOUT_S: Final = 5.0
LATE_S: Final = 60
"""A value that is read this long after the end of an interval still counts as read at its end, s."""

_BASES: Final = (40_000, 0, 50_000)
"""Where the registers may begin."""
_MARK: Final = [0x5375, 0x6E53]
_END: Final = 0xFFFF
_COMMON: Final = 1
_MOST_MODELS: Final = 100
_MOST_EXPONENT: Final = 10


class Points(NamedTuple):
    """Where a model has its counters, registers from its number on; -1 where there is none."""

    export: int
    import_: int
    exponent: int


_MODELS: Final = {
    **dict.fromkeys((101, 102, 103), Points(24, -1, 26)),
    **dict.fromkeys((201, 202, 203, 204), Points(38, 46, 54)),
}


class Registers(NamedTuple):
    """Lifetime counters, Wh."""

    export_wh: int
    import_wh: int


@dataclass(slots=True)
class SunSpec:
    """A device that answers over Modbus TCP; a context manager, connected inside.

    Parameters
    ----------
    host : str
        Its name or address.
    port : int
        Its port.
    unit : int
        Its number on the bus.

    Raises
    ------
    MeterUnreachable
        If it does not answer.
    """

    host: str
    port: int = PORT
    unit: int = 1
    _client: ModbusTcpClient | None = None
    _models: dict[int, int] | None = None

    @classmethod
    def parse(cls, text: str, unit: int) -> SunSpec:
        """The device that ``HOST`` or ``HOST:PORT`` names.

        Raises
        ------
        BadChoice
            If it is neither.
        """
        host, colon, port = text.rpartition(":")
        host, port = (host, port) if colon else (text, str(PORT))
        if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
            raise BadChoice(
                "meter", text, "is not HOST or HOST:PORT", remedy="Write 192.168.1.20 or inverter.local:502."
            )
        return cls(host, int(port), unit)

    @property
    def name(self) -> str:
        """Host and port, for messages."""
        return f"{self.host}:{self.port}"

    def __enter__(self) -> Self:
        self._client = ModbusTcpClient(self.host, port=self.port, timeout=TIMEOUT_S)
        if not self._client.connect():  # type: ignore[no-untyped-call]
            raise MeterUnreachable(self.name, "nothing listens there")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._client is not None:
            self._client.close()  # type: ignore[no-untyped-call]

    def identity(self) -> str:
        """Who made it, which model it is, and its serial number.

        Raises
        ------
        MeterUnreachable, BadRegisters
            As `counters`.
        """
        start = self._found().get(_COMMON)
        if start is None:
            raise BadRegisters(self.name, "model", _COMMON, "is missing")
        words = self._read(start + 2, 66 - 2)
        texts = (words[0:16], words[16:32], words[48:64])
        return " ".join(found for text in texts if (found := _text(text)))

    def counters(self) -> Registers:
        """The lifetime counters now, whole Wh, rounded down.

        Raises
        ------
        MeterUnreachable
            If the device does not answer.
        BadRegisters
            If it has no model with counters, or they say nothing.
        """
        models = self._found()
        model = next((id_ for id_ in sorted(models, reverse=True) if id_ in _MODELS), None)
        if model is None:
            raise BadRegisters(self.name, "models", ", ".join(map(str, models)), "none of them counts energy")
        points = _MODELS[model]
        words = self._read(models[model], points.exponent + 1)
        exponent = words[points.exponent]
        exponent -= 1 << 16 if exponent >> 15 else 0
        if abs(exponent) > _MOST_EXPONENT:
            raise BadRegisters(self.name, f"model {model}, exponent of the energy", exponent, "is none")
        return Registers(
            *(
                0 if place < 0 else int(Decimal(words[place] << 16 | words[place + 1]).scaleb(exponent))
                for place in (points.export, points.import_)
            )
        )

    def _found(self) -> dict[int, int]:
        """By number of the model, where it begins; looked for once."""
        if self._models is None:
            self._models = self._scan()
        return self._models

    def _scan(self) -> dict[int, int]:
        base = next((base for base in _BASES if self._try(base, 2) == _MARK), None)
        if base is None:
            raise BadRegisters(self.name, "registers", ", ".join(map(str, _BASES)), "do not begin with SunS")
        models: dict[int, int] = {}
        place = base + 2
        for _ in range(_MOST_MODELS):
            model, length = self._read(place, 2)
            if model == _END:
                return models
            models.setdefault(model, place)
            place += 2 + length
        raise BadRegisters(self.name, "models", _MOST_MODELS, "and no end of them")

    def _read(self, address: int, count: int) -> list[int]:
        words = self._try(address, count)
        if words is None:
            raise BadRegisters(self.name, "register", address, "cannot be read")
        return words

    def _try(self, address: int, count: int) -> list[int] | None:
        """Holding registers; None if the device has none there."""
        if self._client is None:
            raise MeterUnreachable(self.name, "the connection is closed")
        try:
            answer = self._client.read_holding_registers(address, count=count, device_id=self.unit)
        except (ModbusException, OSError) as error:
            raise MeterUnreachable(self.name, str(error)) from error
        if answer.isError() or len(answer.registers) != count:
            return None
        return list(answer.registers)


def sampled(
    meter: Meter,
    registers: SunSpec,
    length_s: int,
    last_end: int | None = None,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], object] = time.sleep,
) -> Iterator[SignedReading]:
    """Readings of a device, one at the end of each interval, endlessly.

    What flowed in an interval is the difference of the registers at its ends. If one of the ends was missed, because
    this program or the device was off, the interval has no reading and its energy belongs to none.

    Parameters
    ----------
    meter : Meter
        Who signs. Its counters become those of the registers.
    registers : SunSpec
        What is read.
    length_s : int
        The base interval, s.
    last_end : int, optional
        End of the interval after which the meter's counters are known, Unix seconds.
    now, sleep : callable
        The clock, Unix seconds, and how to wait, s.

    Raises
    ------
    MeterUnreachable, BadRegisters
        If the registers cannot be read, or went back.
    """
    while True:
        end = int(now()) // length_s * length_s
        if now() - end > LATE_S or end == last_end:
            end += length_s
            sleep(end - now())
            if not 0 <= now() - end <= LATE_S:
                continue
        found = registers.counters()
        before = Registers(meter.export_counter_wh, meter.import_counter_wh)
        for name, value_wh, before_wh in zip(("export", "import"), found, before, strict=True):
            if value_wh < before_wh:
                raise BadRegisters(registers.name, f"{name} counter", value_wh, f"was {before_wh} Wh before")
        if last_end == end - length_s:
            yield meter.measure(last_end, found.export_wh - before.export_wh, found.import_wh - before.import_wh)
        meter.export_counter_wh, meter.import_counter_wh = found
        last_end = end


def _text(words: list[int]) -> str:
    """Text in registers, two characters each, filled up with zeros or blanks."""
    text = b"".join(word.to_bytes(2, "big") for word in words)
    return text.rstrip(b"\0 ").decode(errors="replace")
