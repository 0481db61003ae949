"""SunSpec registers over a real socket: pymodbus's own server in this process."""

import asyncio
import threading

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from powerpact.chain.local.node import free_port
from powerpact.devices.errors import BadRegisters, MeterUnreachable
from powerpact.devices.sunspec import Registers, SunSpec, sampled

HOUR_S = 3_600
MARK = [0x5375, 0x6E53]
END = [0xFFFF, 0]


def text(said, words):
    """Text in registers."""
    data = said.encode().ljust(2 * words, b"\0")
    return [int.from_bytes(data[i : i + 2], "big") for i in range(0, len(data), 2)]


COMMON = [1, 66, *text("Fronius", 16), *text("Symo", 16), *text("", 8), *text("1.2", 8), *text("S-77", 16), 1, 0]


def two(value):
    return [value >> 16, value & 0xFFFF]


def model_203(export, import_, exponent):
    """A three-phase meter: points at the offsets of the models' table, the rest not implemented."""
    points = [0x8000] * 105
    points[36:38], points[44:46], points[52] = two(export), two(import_), exponent & 0xFFFF
    return [203, 105, *points]


def model_103(energy, exponent):
    """A three-phase inverter."""
    points = [0x8000] * 50
    points[22:24], points[24] = two(energy), exponent & 0xFFFF
    return [103, 50, *points]


class Served:
    """Registers from 40000 on, on a port of their own; `words` may change."""

    def __init__(self, words):
        self.words = words
        self.port = free_port()

    async def _look(self, _function, start, _address, _count, registers, _values):
        """Show what the words are now."""
        first = 40_000 - start
        registers[first : first + len(self.words)] = self.words

    async def _serve(self):
        data = SimData(40_000, values=list(self.words), datatype=DataType.REGISTERS)
        device = SimDevice(1, simdata=[data], action=self._look)
        self.server = ModbusTcpServer(device, address=("127.0.0.1", self.port))
        await self.server.listen()
        self.ready.set()
        await self.server.serving

    def __enter__(self):
        self.ready, self.loop = threading.Event(), asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self.ready.wait(20)
        return self

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self.server.shutdown(), self.loop).result(20)
        self.thread.join(20)


def read(words):
    with Served(words) as served, SunSpec("127.0.0.1", served.port) as device:
        return device.identity(), device.counters()


def test_a_meter_counts_both_ways():
    identity, counters = read([*MARK, *COMMON, *model_203(123_456, 70_000, 1), *END])
    assert identity == "Fronius Symo S-77"
    assert counters == Registers(1_234_560, 700_000)


def test_an_inverter_counts_what_it_gives_and_parts_of_a_wh_are_cut_off():
    assert read([*MARK, *COMMON, *model_103(1_234_567, -2), *END])[1] == Registers(12_345, 0)


def test_of_inverter_and_meter_the_meter_counts():
    words = [*MARK, *COMMON, *model_103(9, 0), *model_203(5, 6, 0), *END]
    assert read(words)[1] == Registers(5, 6)


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ([0, 0, *COMMON, *END], "do not begin with SunS"),
        ([*MARK, *COMMON, *END], "none of them counts energy"),
        ([*MARK, *COMMON, *model_203(1, 1, 0x8000), *END], "exponent of the energy"),
    ],
)
def test_registers_that_say_nothing_are_told(words, problem):
    with pytest.raises(BadRegisters, match=problem):
        read(words)


def test_a_device_that_does_not_answer_is_told():
    with pytest.raises(MeterUnreachable, match="nothing listens"), SunSpec("127.0.0.1", free_port()):
        pass


class Clock:
    """A clock that whoever waits moves on; at chosen times the registers change."""

    def __init__(self, time_s, served, later):
        self.time_s, self.served, self.later = time_s, served, later

    def now(self):
        return self.time_s

    def sleep(self, seconds):
        self.time_s += seconds + 1
        self.served.words = self.later.pop(0)


def meter_words(export, import_):
    return [*MARK, *COMMON, *model_203(export, import_, 0), *END]


def test_differences_of_the_registers_become_readings(world):
    """The first value is only where counting begins."""
    meter, start = world.meters["bob"], 400_000 * HOUR_S
    later = [meter_words(1_000, 50), meter_words(1_700, 50), meter_words(1_700, 450)]
    with Served(meter_words(900, 50)) as served, SunSpec("127.0.0.1", served.port) as device:
        clock = Clock(start - 100, served, later)
        found = sampled(meter, device, HOUR_S, now=clock.now, sleep=clock.sleep)
        first, second = (next(found).reading for _ in range(2))
    assert (first.start_at, first.exported_wh, first.imported_wh, first.export_counter_wh) == (start, 700, 0, 1_700)
    assert (second.start_at, second.exported_wh, second.imported_wh) == (start + HOUR_S, 0, 400)
    assert (second.export_counter_wh, second.import_counter_wh) == (1_700, 450)


def test_an_interval_whose_end_was_missed_has_no_reading(world):
    meter, start = world.meters["bob"], 400_000 * HOUR_S
    meter.export_counter_wh, meter.import_counter_wh = 100, 50
    later = [meter_words(2_000, 50), meter_words(2_100, 50)]
    with Served(meter_words(900, 50)) as served, SunSpec("127.0.0.1", served.port) as device:
        clock = Clock(start - 100, served, later)
        found = sampled(meter, device, HOUR_S, start - 3 * HOUR_S, now=clock.now, sleep=clock.sleep)
        reading = next(found).reading
    assert (reading.start_at, reading.exported_wh, reading.export_counter_wh) == (start, 100, 2_100)


def test_registers_that_went_back_are_told(world):
    meter, start = world.meters["bob"], 400_000 * HOUR_S
    later = [meter_words(2_000, 50), meter_words(1_999, 50)]
    with Served(meter_words(900, 50)) as served, SunSpec("127.0.0.1", served.port) as device:
        clock = Clock(start - 100, served, later)
        found = sampled(meter, device, HOUR_S, now=clock.now, sleep=clock.sleep)
        with pytest.raises(BadRegisters, match="was 2000 Wh before") as refused:
            next(found)
    assert "meter-exchange" in refused.value.remedy
