"""What meters send, made for tests: telegrams, frames, records and documents of the formats that are read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from powerpact.series.meters.checksums import crc16_arc, crc16_x25

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
P1_HEAD = r"/ISk5\2MT382-1000"
P1_METER = "K8EG004046395507"
SERVER_ID = "0A0149534B00047A5544"
DELTA = "<accumulationBehaviour>4</accumulationBehaviour>"
VIENNA = ZoneInfo("Europe/Vienna")
ESCAPE = b"\x1b" * 4

KEBA_KEY = (
    b"3059301306072A8648CE3D020106082A8648CE3D030107034200043AEEB45C392357820A58FDFB0857BD77ADA31585C61C430531DFA53B44"
    b"0AFBFDD95AC887C658EA55260F808F55CA948DF235C2108A0D6DC7D4AB1A5E1A7955BE"
)
KEBA = (
    b'OCMF|{"FV":"1.0","GI":"KEBA_KCP30","GS":"17619300","GV":"2.8.5","PG":"T32","IS":false,"IL":"NONE",'
    b'"IF":["RFID_NONE","OCPP_NONE","ISO15118_NONE","PLMN_NONE"],"IT":"NONE","ID":"",'
    b'"RD":[{"TM":"2019-08-13T10:03:15,000+0000 I","TX":"B","EF":"","ST":"G","RV":0.2596,"RI":"1-b:1.8.0","RU":"kWh"},'
    b'{"TM":"2019-08-13T10:03:36,000+0000 R","TX":"E","EF":"","ST":"G","RV":0.2597,"RI":"1-b:1.8.0","RU":"kWh"}]}|'
    b'{"SD":"304502200E2F107C987A300AC1695CA89EA149A8CDFA16188AF0A33EE64B67964AA943F9'
    b'022100889A72B6D65364BEA8562E7F6A0253157ACFF84FE4929A93B5964D23C4265699"}'
)
"""A record of a charging station, published with its key."""


def telegram(
    time_s: int, import_wh: int, export_wh: int = 0, *, version: int = 5, meter: str = P1_METER, said: str = ""
) -> bytes:
    """A telegram of DSMR 2, 4 or 5 whose tariffs share the counters; `said` is a line before it."""
    clock = datetime.fromtimestamp(time_s, AMSTERDAM)
    lines = [P1_HEAD, ""]
    if version >= 4:
        lines += [f"1-3:0.2.8({version}0)", f"0-0:1.0.0({clock:%y%m%d%H%M%S}{'S' if clock.dst() else 'W'})"]
    lines.append(f"0-0:96.1.1({meter.encode().hex().upper()})")
    for code, total in (("1.8", import_wh), ("2.8", export_wh)):
        for tariff, part in ((1, total // 3), (2, total - total // 3)):
            lines.append(f"1-0:{code}.{tariff}({part // 1000:06}.{part % 1000:03}*kWh)")
    lines += ["0-0:96.14.0(0002)", "1-0:1.7.0(01.193*kW)"]
    body = "".join(f"{line}\r\n" for line in lines) + "!"
    crc = f"{crc16_arc(body.encode()):04X}" if version >= 4 else ""
    return (f"{said}\r\n" if said else "").encode() + f"{body}{crc}\r\n".encode()


def coded(*values: object) -> bytes:
    """Values of SML: bytes, integers, None, and lists of coded ones as tuples."""
    return b"".join(map(_coded, values))


def _coded(value: object) -> bytes:
    if value is None:
        return b"\x01"
    if isinstance(value, tuple):
        return bytes([0x70 | len(value)]) + coded(*value)
    if isinstance(value, bytes):
        return bytes([len(value) + 1]) + value
    size = next(size for size in (1, 2, 4, 8) if int(value) < 256**size)
    return bytes([0x60 | size + 1]) + int(value).to_bytes(size, "big")


def signed(value: int) -> bytes:
    """An integer of one byte with a sign."""
    return b"\x52" + value.to_bytes(1, "big", signed=True)


def frame(stamp: tuple[object, ...] | int | None, values: dict[str, int], *, scaler: int = -1, unit: int = 30) -> bytes:
    """A frame of SML with the values of some OBIS codes, in units of the scaler."""
    entries = b""
    for code, value in values.items():
        name = bytes([1, 0, *map(int, code.split(".")), 255])
        entries += b"\x77" + coded(name, None, None, unit) + signed(scaler) + coded(value, None)
    head = coded(None, bytes.fromhex(SERVER_ID), bytes.fromhex("0100620AFFFF"), stamp)
    body = b"\x77" + head + bytes([0x70 | len(values)]) + entries + coded(None, None)
    message = b"\x76" + coded(b"\x01\x02", 0, 0) + b"\x72\x63\x07\x01" + body + coded(0x1234) + b"\x00"
    return framed(message)


def framed(messages: bytes) -> bytes:
    """Messages in a frame: escaped, filled, with their CRC."""
    filling = -len(messages) % 4
    inner = messages.replace(ESCAPE, ESCAPE * 2) + bytes(filling)
    whole = ESCAPE + b"\x01" * 4 + inner + ESCAPE + bytes([0x1A, filling])
    return whole + crc16_x25(whole).to_bytes(2, "little")


def green_button(
    blocks: Iterable[tuple[str, Sequence[tuple[object, ...]]]], *, power: int = 0, uom: int = 72, offset_s: int = -28800
) -> bytes:
    """A feed of ESPI; each block has its flowDirection, and readings of start, duration, value and qualities."""
    base = "/espi/1_1/resource/RetailCustomer/9b6c7063/UsagePoint/5446AF3F"
    entries = [
        _entry(base, "UsagePoint", "<ServiceCategory><kind>0</kind></ServiceCategory>"),
        _entry("/LocalTimeParameters/01", "LocalTimeParameters", f"<tzOffset>{offset_s}</tzOffset>"),
    ]
    for number, (direction, readings) in enumerate(blocks, start=1):
        reading, kind = f"{base}/MeterReading/{number}", f"/espi/1_1/resource/ReadingType/{number}"
        flow = f"<flowDirection>{direction}</flowDirection>" if direction else ""
        scale = f"<powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom>"
        text = "".join(_interval(*one) for one in readings)
        entries += [
            _entry(reading, "MeterReading", "", related=kind),
            _entry(
                kind,
                "ReadingType",
                f"{DELTA}<commodity>1</commodity>{flow}{scale}",
            ),
            _entry(f"{reading}/IntervalBlock/1", "IntervalBlock", text, up=f"{reading}/IntervalBlock"),
        ]
    feed = '<feed xmlns="http://www.w3.org/2005/Atom">\n' + "".join(entries) + "</feed>\n"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{feed}'.encode()


def _entry(itself: str, kind: str, text: str, **links: str) -> str:
    shown = "".join(f'<link rel="{rel}" href="{href}"/>' for rel, href in {"self": itself, **links}.items())
    content = f'<content><{kind} xmlns="http://naesb.org/espi">\n{text}</{kind}></content>'
    return f"<entry>{shown}{content}</entry>\n"


def _interval(start_s: int, duration_s: int, value: object, *qualities: int) -> str:
    shown = "".join(f"<ReadingQuality><quality>{code}</quality></ReadingQuality>" for code in qualities)
    period = f"<timePeriod><duration>{duration_s}</duration><start>{start_s}</start></timePeriod>"
    text = "" if value is None else f"<value>{value}</value>"
    return f"<IntervalReading><cost>270</cost>{shown}{period}{text}</IntervalReading>\n"


def consumption_record(
    code: str,
    positions: Iterable[tuple[int, str | None, str | None]],
    *,
    zone: ZoneInfo = VIENNA,
    point: str = "AT0030000000000000000000000123456",
    unit: str = "KWH",
    version: str = "01p30",
    length_s: int = 900,
) -> bytes:
    """A consumption record of EDA; each position has its start, its amount and its method."""
    shown = []
    for start_s, amount, method in positions:
        first = datetime.fromtimestamp(start_s, zone)
        last = (first.astimezone(ZoneInfo("UTC")) + timedelta(seconds=length_s)).astimezone(zone)
        parts = [f"<ns0:DTF>{first.isoformat()}</ns0:DTF><ns0:DTT>{last.isoformat()}</ns0:DTT>"]
        parts += [f"<ns0:MM>{method}</ns0:MM>"] if method else []
        parts += [f"<ns0:BQ>{amount}</ns0:BQ>"] if amount is not None else []
        shown.append(f"<ns0:EP>{''.join(parts)}</ns0:EP>\n")
    space = f"http://www.ebutilities.at/schemata/customerprocesses/consumptionrecord/{version}"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<ns0:ConsumptionRecord xmlns:ns0="{space}">\n'
        '<ns0:MarketParticipantDirectory DocumentMode="PROD"/>\n'
        f"<ns0:ProcessDirectory><ns0:MeteringPoint>{point}</ns0:MeteringPoint>\n<ns0:Energy>"
        f'<ns0:MeteringIntervall>QH</ns0:MeteringIntervall><ns0:EnergyData MeterCode="{code}" UOM="{unit}">\n'
        f"{''.join(shown)}</ns0:EnergyData></ns0:Energy></ns0:ProcessDirectory></ns0:ConsumptionRecord>\n"
    ).encode()
