"""Pydantic's errors as diagnostics: the field, what is wrong with it in plain words, and what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from pydantic_core import ErrorDetails

from reconciler.diagnostics import Diagnostic, FieldPath, Origin, Severity
from reconciler.manifests import codes
from reconciler.manifests.base import Model, Resource
from reconciler.manifests.rules import VIOLATIONS
from reconciler.manifests.structure import fields_of, structure_at
from reconciler.manifests.values import CONFIG_KEY, PATTERN_WORDS
from reconciler.manifests.wording import did_you_mean, dotted, object_name, printable, shown
from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is wrong with the field at `path`; `message` follows the field's name, or what stands in for it."""

    code: str
    path: FieldPath
    message: str
    help: str = ""
    on_key: bool = False
    stand_in: str = ""


def explain(
    errors: Iterable[ErrorDetails], model: type[Resource], raw: dict[str, Any], origin: Origin
) -> tuple[Diagnostic, ...]:
    """The diagnostics for the errors of validating `raw` as `model`, in the order of the errors, none twice."""
    name = object_name(raw)
    secret = model.kind_name == "Secret"
    found = dict.fromkeys(
        _diagnostic(finding, name, origin) for error in errors for finding in _findings(error, model, masked=secret)
    )
    return tuple(found)


def _diagnostic(finding: _Finding, name: str, origin: Origin) -> Diagnostic:
    code, path = finding.code, finding.path
    if finding.stand_in:
        text = f"{dotted(path[:-1])}: {finding.stand_in} {finding.message}"
    else:
        text = f"{dotted(path)}: {finding.message}" if path else finding.message
    if path[:1] == ("metadata",) and code in {codes.VALUE_NOT_ALLOWED, codes.CROSS_FIELD_RULE}:
        code = codes.METADATA
    if code == codes.MISSING_FIELD:
        # There is no such place in the file: it is reported where it should be.
        path = path[:-1]
    return Diagnostic(
        code=code,
        severity=Severity.ERROR,
        message=text,
        object=name,
        origin=origin,
        path=path,
        on_key=finding.on_key,
        help=finding.help,
    )


# Values of a Secret are shown to nobody, not even wrong ones; kubectl leaves copies of them in an annotation.
_SECRET: Final = frozenset({("data",), ("stringData",), ("metadata", "annotations")})


def _findings(error: ErrorDetails, model: type[Model], *, masked: bool) -> Iterator[_Finding]:
    path, on_key = _path(error["loc"])
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    masked = masked and (path[:1] in _SECRET or path[:2] in _SECRET)
    if kind == VIOLATIONS:
        for message, suffix, help_ in context[VIOLATIONS]:
            text = message if masked else message + _is(_at(value, suffix))
            stand_in = _stand_in(path, on_key=False) if masked else ""
            yield _Finding(codes.CROSS_FIELD_RULE, path + suffix, text, help_, stand_in=stand_in)
    elif kind == "missing":
        yield _Finding(codes.MISSING_FIELD, path, "required, but missing", "Add it.")
    elif kind == "extra_forbidden":
        structure = structure_at(model, path[:-1])
        fields = fields_of(structure) if structure is not None else {}
        help_ = did_you_mean(error["loc"][-1], fields) or f"The fields known here are {', '.join(sorted(fields))}."
        yield _Finding(codes.UNKNOWN_FIELD, path, "unknown field", help_, on_key=True)
    elif kind != "default_factory_not_called":
        finding = _value_finding(kind, value, context, path, str(error["msg"]))
        if masked:
            finding = replace(finding, help="", stand_in=_stand_in(path, on_key=on_key))
        else:
            finding = replace(finding, message=finding.message + _is(value, finding.code))
        yield replace(finding, on_key=on_key)


def _stand_in(path: FieldPath, *, on_key: bool) -> str:
    """What is said instead of a Secret's key that may hold the value: `password:hunter2`, without a space, is a key."""
    if len(path) < 2 or (not on_key and re.fullmatch(CONFIG_KEY, str(path[-1]))):
        return ""
    return "a key" if on_key else "a value"


def _path(location: tuple[int | str, ...]) -> tuple[FieldPath, bool]:
    """Pydantic's location without its marks for keys of mappings, and whether it had one."""
    if location and location[-1] == "[key]":
        return location[:-1], True
    return location, False


def _is(value: object, code: str = codes.CROSS_FIELD_RULE) -> str:
    """What the value is, as the end of a sentence; structures are named only where their being one is the mistake."""
    if isinstance(value, dict | list) and code != codes.WRONG_TYPE:
        return ""
    return f"; is {shown(value)}"


def _at(value: object, path: FieldPath) -> object:
    """The raw value at a path below `value`; a mapping where there is none, since that is never shown."""
    for step in path:
        try:
            value = value[step]  # type: ignore[index]  # whatever it is, it is caught
        except (KeyError, IndexError, TypeError):
            return {}
    return value


_TYPE_WORDS: Final = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "invalid_key": "must be text, as every key of a mapping",
    "string_unicode": "must be text of valid Unicode characters",
}


def _value_finding(kind: str, value: object, context: dict[str, Any], path: FieldPath, otherwise: str) -> _Finding:
    if kind in _TYPE_WORDS:
        return _Finding(codes.WRONG_TYPE, path, _TYPE_WORDS[kind], _type_help(kind, value))
    if kind == "literal_error":
        allowed = str(context["expected"]).replace(" or ", ", ").replace("'", "").split(", ")
        word = "must be" if len(allowed) == 1 else "must be one of"
        return _Finding(
            codes.VALUE_NOT_ALLOWED, path, f"{word} {', '.join(allowed)}", did_you_mean(value, filter(None, allowed))
        )
    if kind == "string_pattern_mismatch":
        pattern = str(context["pattern"])
        return _Finding(codes.VALUE_NOT_ALLOWED, path, PATTERN_WORDS.get(pattern, f"must match {pattern}"))
    return _Finding(codes.VALUE_NOT_ALLOWED, path, _bound_words(kind, context) or printable(otherwise))


def _type_help(kind: str, value: object) -> str:
    if kind == "string_type" and isinstance(value, bool | int | float):
        return f'Write it in quotes: "{shown(value)}".'
    if kind in {"int_type", "bool_type"} and isinstance(value, str):
        number = value.isdecimal() if kind == "int_type" else value in {"true", "false"}
        return f"Write it without quotes: {printable(value)}." if number else ""
    if kind == "list_type":
        return 'Begin each entry with "- ".'
    return ""


def _bound_words(kind: str, context: dict[str, Any]) -> str:
    match kind:
        case "greater_than_equal":
            return f"must be at least {context['ge']}"
        case "less_than_equal":
            return f"must be at most {context['le']}"
        case "string_too_short":
            return (
                "must not be empty"
                if context["min_length"] == 1
                else f"must have at least {context['min_length']} characters"
            )
        case "string_too_long":
            return f"must have at most {context['max_length']} characters"
        case "too_short":
            return (
                "must not be empty"
                if context["min_length"] == 1
                else f"must have at least {context['min_length']} entries"
            )
        case "too_long":
            entries = "1 entry" if context["max_length"] == 1 else f"{context['max_length']} entries"
            return f"must have at most {entries}; has {context['actual_length']}"
    return ""
