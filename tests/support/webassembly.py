"""A small module of WebAssembly for proxies, assembled by hand: `x-wasm` is its configuration, on every request."""

from __future__ import annotations

_I32, _FUNCTION = 0x7F, 0x60
_REQUEST_HEADERS, _PLUGIN_CONFIGURATION = 0, 7
_NAME_AT, _POINTER_AT, _SIZE_AT, _HEAP = 16, 64, 68, 1024
_NAME = b"x-wasm"

_CONST, _CALL, _DROP, _LOAD, _LOCAL, _END = 0x41, 0x10, 0x1A, 0x28, 0x20, 0x0B


def _number(value: int) -> bytes:
    """LEB128, unsigned."""
    made = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        made.append(byte | (0x80 if value else 0))
        if not value:
            return bytes(made)


def _signed(value: int) -> bytes:
    """LEB128 of a signed number that is not negative."""
    made = bytearray()
    while True:
        byte, value = value & 0x7F, value >> 7
        done = not value and not byte & 0x40
        made.append(byte | (0 if done else 0x80))
        if done:
            return bytes(made)


def _vector(items: list[bytes]) -> bytes:
    return _number(len(items)) + b"".join(items)


def _section(number: int, items: list[bytes]) -> bytes:
    content = _vector(items)
    return bytes([number]) + _number(len(content)) + content


def _text(text: str) -> bytes:
    return _number(len(text)) + text.encode()


def _type(parameters: int, results: int) -> bytes:
    return bytes([_FUNCTION]) + _vector([bytes([_I32])] * parameters) + _vector([bytes([_I32])] * results)


def _const(value: int) -> bytes:
    return bytes([_CONST]) + _signed(value)


def _load(address: int) -> bytes:
    return _const(address) + bytes([_LOAD, 2, 0])


def _body(*code: bytes) -> bytes:
    whole = _number(0) + b"".join(code) + bytes([_END])
    return _number(len(whole)) + whole


def module() -> bytes:
    """The module. Functions 0 and 1 are the proxy's, 2 to 6 its own."""
    types = [_type(5, 1), _type(0, 0), _type(2, 0), _type(1, 1), _type(3, 1), _type(2, 1)]
    imports = [
        _text("env") + _text(name) + bytes([0, 0]) for name in ("proxy_add_header_map_value", "proxy_get_buffer_bytes")
    ]
    exported = {
        "proxy_abi_version_0_2_1": 2,
        "proxy_on_context_create": 3,
        "malloc": 4,
        "proxy_on_request_headers": 5,
        "proxy_on_configure": 6,
    }
    exports = [_text(name) + bytes([0]) + _number(index) for name, index in exported.items()]
    exports.append(_text("memory") + bytes([2, 0]))
    configured = (
        *(_const(_PLUGIN_CONFIGURATION), _const(0), bytes([_LOCAL, 1]), _const(_POINTER_AT), _const(_SIZE_AT)),
        *(bytes([_CALL, 1, _DROP]), _const(1)),
    )
    asked = (
        *(_const(_REQUEST_HEADERS), _const(_NAME_AT), _const(len(_NAME)), _load(_POINTER_AT), _load(_SIZE_AT)),
        *(bytes([_CALL, 0, _DROP]), _const(0)),
    )
    code = [_body(), _body(), _body(_const(_HEAP)), _body(*asked), _body(*configured)]
    data = [bytes([0]) + _const(_NAME_AT) + bytes([_END]) + _number(len(_NAME)) + _NAME]
    return b"".join(
        (
            b"\0asm\1\0\0\0",
            _section(1, types),
            _section(2, imports),
            _section(3, [_number(each) for each in (1, 2, 3, 4, 5)]),
            _section(5, [bytes([0, 1])]),
            _section(7, exports),
            _section(10, code),
            _section(11, data),
        )
    )
