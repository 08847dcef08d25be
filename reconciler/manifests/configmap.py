"""ConfigMap (core)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Self

from pydantic import Field, model_validator

from reconciler.manifests.base import NamespacedResource
from reconciler.manifests.content import Base64, decode, size_violations
from reconciler.manifests.rules import Violation, check
from reconciler.manifests.values import ConfigKey


class ConfigMap(NamespacedResource):
    """Values by name."""

    group: ClassVar[str] = ""
    kind_name: ClassVar[str] = "ConfigMap"

    data: dict[ConfigKey, str] = Field(default_factory=dict)
    binary_data: dict[ConfigKey, Base64] = Field(default_factory=dict)
    immutable: bool | None = None

    def content(self) -> dict[str, bytes]:
        """All values as bytes."""
        encoded = {key: value.encode("utf-8", "surrogatepass") for key, value in self.data.items()}
        return encoded | {key: decode(value) for key, value in self.binary_data.items()}

    @model_validator(mode="after")
    def _keys_differ(self) -> Self:
        check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        for key in sorted(self.data.keys() & self.binary_data.keys()):
            yield Violation("must not be in data and in binaryData", ("binaryData", key))
        yield from size_violations(sum(map(len, self.content().values())))
