"""Values of ConfigMaps: bodies, keys of token issuers, scripts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from reconciler.manifests.base import Loaded
from reconciler.manifests.references import LocalObjectReference
from reconciler.resolve import codes
from reconciler.resolve.suggestions import Names
from reconciler.resolve.targets import Refusal

if TYPE_CHECKING:
    from reconciler.manifests.configmap import ConfigMap

_CONFIG_MAP = "ConfigMap"
_CORE = ("", "v1")
"""Group of ConfigMaps; some write its version."""


class ConfigValues:
    """The ConfigMaps of a repository."""

    def __init__(self, config_maps: Iterable[Loaded[ConfigMap]]) -> None:
        self._maps = {(c.resource.metadata.namespace, c.resource.metadata.name): c.resource for c in config_maps}
        self._names = Names(self._maps)

    def value(self, ref: LocalObjectReference, namespace: str, key: str, *, or_first: bool = False) -> str | Refusal:
        """The text under a key, or why there is none; with `or_first`, without that key the one that sorts first."""
        if ref.kind != _CONFIG_MAP or ref.group not in _CORE:
            message = f"This has to be a ConfigMap, not a {ref.kind} of group {ref.group!r}."
            return Refusal("InvalidKind", message, codes.INVALID_KIND, ("kind",))
        name = f"ConfigMap {namespace}/{ref.name}"
        found = self._maps.get((namespace, ref.name))
        if found is None:
            guidance = self._names.suggest(namespace, ref.name)
            return Refusal("ConfigMapNotFound", f"{name} does not exist.", codes.CONFIG_NOT_FOUND, ("name",), guidance)
        content = found.content()
        if key not in content and not (or_first and content):
            message = f"{name} has no key {key}."
            return Refusal("InvalidConfigMap", message, codes.BAD_CONFIG, ("name",), f"Put the value under {key}.")
        try:
            return content[key if key in content else min(content)].decode()
        except UnicodeDecodeError:
            return Refusal("InvalidConfigMap", f"{name}: {key} is not UTF-8.", codes.BAD_CONFIG, ("name",))
