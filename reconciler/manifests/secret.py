"""Secret (core)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final, Self

from pydantic import Field, model_validator

from reconciler.manifests.base import NamespacedResource
from reconciler.manifests.content import Base64, decode, size_violations
from reconciler.manifests.rules import Violation, check
from reconciler.manifests.values import ConfigKey

_REQUIRED_KEYS: Final = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
}


class Secret(NamespacedResource):
    """Something secret. Without any content it declares one that exists only where it is used.

    Whether a Secret may have content is not a matter of its schema: that is decided when it is resolved.
    """

    group: ClassVar[str] = ""
    kind_name: ClassVar[str] = "Secret"

    type: str = "Opaque"
    data: dict[ConfigKey, Base64] = Field(default_factory=dict)
    string_data: dict[ConfigKey, str] = Field(default_factory=dict)
    immutable: bool | None = None

    @property
    def has_content(self) -> bool:
        """Whether the manifest holds any value."""
        return bool(self.data or self.string_data)

    def content(self) -> dict[str, bytes]:
        """All values, decoded; those of `stringData` win, as in the API server."""
        decoded = {key: decode(value) for key, value in self.data.items()}
        return decoded | {key: value.encode("utf-8", "surrogatepass") for key, value in self.string_data.items()}

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.has_content:
            check(self._violations())
        return self

    def _violations(self) -> Iterator[Violation]:
        content = self.content()
        for key in _REQUIRED_KEYS.get(self.type, ()):
            if key not in content:
                yield Violation(
                    f"must have {key} where type is {self.type}", ("data",) if self.data else ("stringData",)
                )
        if self.type == "kubernetes.io/basic-auth" and not {"username", "password"} & content.keys():
            yield Violation("must have username or password where type is kubernetes.io/basic-auth")
        yield from size_violations(sum(map(len, content.values())))
