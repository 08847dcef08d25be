"""Quantities of Kubernetes, such as `32Ki`: a whole number with a suffix."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import PlainValidator, WithJsonSchema

from reconciler.manifests.rules import Violation, refused

QUANTITY: Final = r"^[1-9]+[0-9]*([EPTGMK]i|[EPTGMk])?$"
"""The pattern of those that Envoy Gateway's kinds take, beside that of quantities in general."""

ANY_QUANTITY: Final = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)

_PARTS: Final = re.compile(r"([1-9][0-9]*)([EPTGMK]i|[EPTGMk])?")
_FACTORS: Final[Mapping[str | None, int]] = MappingProxyType(
    {
        None: 1,
        **{prefix: 1000**power for power, prefix in enumerate("kMGTPE", start=1)},
        **{f"{prefix}i": 1024**power for power, prefix in enumerate("KMGTPE", start=1)},
    }
)


def _value(written: object) -> int:
    """The number; a plain number may also be 0 or negative, as in the schema."""
    if isinstance(written, int) and not isinstance(written, bool):
        return written
    found = _PARTS.fullmatch(written) if isinstance(written, str) else None
    if found is None:
        message = (
            'must be a quantity such as "32Ki" or "1M": a whole number, and k, M, G, T, P, E, Ki, Mi, Gi, Ti, Pi, Ei'
        )
        raise refused([Violation(message)])
    number, suffix = found.groups()
    return int(number) * _FACTORS[suffix]


_SCHEMA: Final[dict[str, Any]] = {
    "x-kubernetes-int-or-string": True,
    "anyOf": [{"type": "integer"}, {"type": "string"}],
    "allOf": [{"pattern": ANY_QUANTITY}, {"pattern": QUANTITY}],
}

Quantity = Annotated[int, PlainValidator(_value), WithJsonSchema(_SCHEMA)]
"""A quantity, as a number of units (bytes)."""
