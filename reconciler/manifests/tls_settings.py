"""How TLS is spoken (`TLSSettings` of Envoy Gateway), by its listeners and towards backends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, Self

from pydantic import Field, model_validator

from reconciler.manifests.base import Model
from reconciler.manifests.rules import Violation, check

_MINIMUM: Final = {"Auto": 0, "1.0": 1, "1.1": 2, "1.2": 3, "1.3": 4}
_MAXIMUM: Final = {"1.0": 1, "1.1": 2, "1.2": 3, "1.3": 4, "Auto": 5}
_DEFAULT_MINIMUM: Final = 3
"""TLS 1.2, where a maximum is given without a minimum."""

TLSVersion = Literal["Auto", "1.0", "1.1", "1.2", "1.3"]


class TLSSettings(Model):
    """What may be negotiated."""

    min_version: TLSVersion | None = None
    max_version: TLSVersion | None = None
    ciphers: list[str] | None = None
    ecdh_curves: list[str] = Field(default_factory=list)
    signature_algorithms: list[str] = Field(default_factory=list)
    alpn_protocols: list[str] | None = None
    fingerprints: list[Literal["JA3", "JA4"]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        if self.min_version == "1.3" and self.ciphers is not None:
            yield Violation("has no effect where minVersion is 1.3", ("ciphers",))
        if self.max_version is not None:
            minimum = _DEFAULT_MINIMUM if self.min_version is None else _MINIMUM[self.min_version]
            if minimum > _MAXIMUM[self.max_version]:
                yield Violation(f"must be at least minVersion, {self.min_version or '1.2'}", ("maxVersion",))
