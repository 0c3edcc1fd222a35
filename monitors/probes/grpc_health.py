"""The two messages of ``grpc.health.v1`` (HealthCheckRequest, HealthCheckResponse), written and read by hand. Pure.

Protocol Buffers: field 1 of the request is text, field 1 of the response an enumeration; unknown fields are skipped.
"""

from __future__ import annotations

from enum import IntEnum

CHECK = "/grpc.health.v1.Health/Check"
_TEXT_1, _NUMBER_1 = 0x0A, 0x08          # field 1 as a text, as a number
_NUMBER, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


class Serving(IntEnum):
    """How a service says that it is."""

    UNKNOWN = 0
    SERVING = 1
    NOT_SERVING = 2
    SERVICE_UNKNOWN = 3


def write_request(service: str) -> bytes:
    """Write a request; "" asks for the whole server."""
    data = service.encode()
    return bytes([_TEXT_1, *_varint(len(data))]) + data if data else b""


def read_response(data: bytes) -> Serving:
    """Read a response. Raises ValueError where it is none."""
    status, place = 0, 0
    while place < len(data):
        key, place = _read_varint(data, place)
        kind = key & 7
        if kind == _NUMBER:
            value, place = _read_varint(data, place)
            status = value if key == _NUMBER_1 else status
        elif kind == _BYTES:
            size, place = _read_varint(data, place)
            place += size
        elif kind in (_FIXED32, _FIXED64):
            place += 4 if kind == _FIXED32 else 8
        else:
            raise ValueError("an unknown kind of field")
    if place > len(data):
        raise ValueError("it is cut short")
    return Serving(status)


def _varint(number: int) -> list[int]:
    out = []
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return [*out, number]


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if place >= len(data):
            raise ValueError("it is cut short")
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
    raise ValueError("a number is too long")
