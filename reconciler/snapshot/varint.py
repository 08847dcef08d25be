"""The few pieces of protobuf's wire format that gitway writes itself.

https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
"""Wire types."""


def varint(value: int) -> bytes:
    """A number of up to 64 bits; a negative one as its two's complement, in ten bytes."""
    if 0 <= value < 0x80:
        return bytes((value,))
    if 0 <= value < 0x4000:
        return bytes((value & 0x7F | 0x80, value >> 7))
    if value < 0:
        value += 1 << 64
    data = bytearray()
    while value > 0x7F:
        data.append(value & 0x7F | 0x80)
        value >>= 7
    data.append(value)
    return bytes(data)


def tag(number: int, wire_type: int) -> bytes:
    """What stands before a field's value."""
    return varint(number << 3 | wire_type)


@cache
def framer(number: int) -> Callable[[bytes], bytes]:
    """Gives bytes the tag and length that make them the value of a field: a string, bytes or a message."""
    head = tag(number, LENGTH)
    short = [head + bytes((size,)) for size in range(0x80)]

    def frame(data: bytes) -> bytes:
        size = len(data)
        return (short[size] if size < 0x80 else head + varint(size)) + data

    return frame
