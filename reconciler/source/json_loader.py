r"""JSON files, by the same rules: no key twice, the same limits, numbers as the API server gets them.

JSON is nearly YAML, but not quite (`"\ud83d\ude00"`, long keys), so it has its own reader. Positions that this reader
does not know are found by the other one.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final, NoReturn

from reconciler.source import codes
from reconciler.source.collector import no_cyclic_gc
from reconciler.source.errors import YamlError
from reconciler.source.limits import MAX_DEPTH, MAX_DOCUMENTS
from reconciler.source.wording import shown
from reconciler.source.yaml_loader import load_documents
from reconciler.source.yaml_nodes import check_text, position
from reconciler.source.yaml_scalars import ScalarError, json_float

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_STRING_OR_BRACKET: Final = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_ESCAPE: Final = re.compile(
    r"\\(u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|.)", re.DOTALL
)
_SURROGATE: Final = re.compile(r"u[dD][89a-fA-F]")
_MAX_DIGITS: Final = 4000
_ENOUGH: Final = 64


class _DuplicateKeyError(Exception):
    """An object of the document has a key twice."""


def load_json_documents(data: bytes) -> list[Any]:
    """The documents of a JSON file: usually one, but like kubectl several after each other are read.

    Raises:
        YamlError: it is not JSON, has a key twice, or exceeds the limits.
    """
    check_text(data)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as invalid:
        before = data[: invalid.start].decode("utf-8-sig", "replace")
        message = f"byte 0x{data[invalid.start]:02x} is not UTF-8"
        raise YamlError(message, *position(before, len(before))) from None
    _check_depth(text)
    _check_surrogates(text)
    with no_cyclic_gc():
        try:
            return _decode(text)
        except _DuplicateKeyError as error:
            _locate_duplicate(text, str(error))
        except json.JSONDecodeError as error:
            # Lone carriage returns are line ends to everybody but json.
            raise YamlError(f"this is not JSON: {error.msg}", *position(text, error.pos)) from None
        except ScalarError as error:
            place = _find(text, error.text[:_ENOUGH])
            raise YamlError(str(error), *place, quoted=shown(error.text)) from None


def yaml_equivalent(text: str) -> str:
    """JSON that YAML's reader takes too, every key and value where it was: surrogate pairs are replaced by filler."""
    return _ESCAPE.sub(_without_surrogates, text)


def _without_surrogates(escape: re.Match[str]) -> str:
    written = escape.group()
    # As long as what it replaces, and equal for equal characters, as keys may be equal.
    if len(written) != 12:
        return written
    character: str = json.loads(f'"{written}"')
    return f"{ord(character):012x}"


def _decode(text: str) -> list[Any]:
    decoder = json.JSONDecoder(
        object_pairs_hook=_object, parse_float=_float, parse_int=_int, parse_constant=_no_constant
    )
    documents: list[Any] = []
    index = _end_of_space(text, 0)
    while index < len(text):
        document, index = decoder.raw_decode(text, index)
        documents.append(document)
        if len(documents) > MAX_DOCUMENTS:
            raise YamlError(f"the file has more than {MAX_DOCUMENTS} documents", *position(text, index), codes.LIMIT)
        index = _end_of_space(text, index)
    return documents


def _end_of_space(text: str, index: int) -> int:
    found = _SPACE.match(text, index)
    return found.end() if found else index


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        seen: set[str] = set()
        raise _DuplicateKeyError(next(key for key, _ in pairs if key in seen or seen.add(key)))  # type: ignore[func-returns-value]  # that is its use
    return result


def _float(text: str) -> int | float:
    return json_float(float(text), text)


def _int(text: str) -> int | float:
    return int(text) if len(text) < _MAX_DIGITS else _float(text)


def _no_constant(text: str) -> NoReturn:
    raise ScalarError(text, "is not a number that JSON can hold")


def _locate_duplicate(text: str, key: str) -> NoReturn:
    load_documents(yaml_equivalent(text).encode())
    message = f'an object has the key "{shown(key)}" twice'
    raise YamlError(message, 1, 1, codes.DUPLICATE_KEY, quoted=shown(key), quotes_key=True)


def _find(text: str, word: str) -> tuple[int, int]:
    """Where a word stands outside of strings."""
    for found in re.finditer(rf'"(?:[^"\\]|\\.)*+"|{re.escape(word)}', text, re.DOTALL):
        if not found.group().startswith('"'):
            return position(text, found.start())
    return 1, 1


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(text):
        bracket = found.group()
        if bracket in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                message = f"objects and lists stand more than {MAX_DEPTH} deep within each other"
                raise YamlError(message, *position(text, found.start()), codes.LIMIT)
        elif bracket in "]}":
            depth -= 1


def _check_surrogates(text: str) -> None:
    """Half of a surrogate pair is no character; Go's reader replaces it, and nothing else can write it out again."""
    if "\\ud" not in text and "\\uD" not in text:
        return
    for found in _ESCAPE.finditer(text):
        if len(found.group()) == 6 and _SURROGATE.match(found.group(1)):
            message = f"{found.group()} is half of a surrogate pair"
            raise YamlError(message, *position(text, found.start()), quoted=found.group())
