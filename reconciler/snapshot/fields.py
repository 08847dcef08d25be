"""The fields of an encoded message without decoding it: of a large resource only what differs is worth that."""

from __future__ import annotations

from collections.abc import Iterator

from reconciler.snapshot.varint import FIXED32, FIXED64, LENGTH, VARINT


def length_delimited(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Number and value of every string, bytes and message field, in their order; numbers are left out.

    Raises:
        IndexError, ValueError: the bytes are no message.
    """
    position, end = 0, len(data)
    while position < end:
        key, position = _varint(data, position)
        kind = key & 7
        if kind == LENGTH:
            size, position = _varint(data, position)
            if position + size > end:
                raise ValueError(f"the field at byte {position} is longer than the message")
            yield key >> 3, data[position : position + size]
            position += size
        elif kind == VARINT:
            _, position = _varint(data, position)
        elif kind in (FIXED32, FIXED64):
            position += 4 if kind == FIXED32 else 8
        else:
            raise ValueError(f"wire type {kind} at byte {position}")


def _varint(data: bytes, position: int) -> tuple[int, int]:
    byte = data[position]
    if byte < 0x80:
        return byte, position + 1
    value, shift = byte & 0x7F, 7
    while True:
        position += 1
        byte = data[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position + 1
        shift += 7
