"""Services that Envoy itself calls: they say who may pass, have keys, exchange tokens, or see requests."""

from __future__ import annotations

from reconciler.ir.backends import Backend
from reconciler.ir.clusters import ClusterSettings
from reconciler.ir.forward import Retry
from reconciler.records import dataclass


@dataclass(frozen=True, slots=True)
class Service:
    """A service that is called.

    Attributes:
        name: of its cluster, such as `securitypolicy/<namespace>/<name>/extauth/0`.
        backends: never empty, and able to share a cluster.
        authority: what it is called in `Host`.
        settings: how it is connected to; None: as usual.
        retry: how often, and how far apart, it is asked again that has not answered; None: it is not.
    """

    name: str
    backends: tuple[Backend, ...]
    authority: str = ""
    settings: ClusterSettings | None = None
    retry: Retry | None = None


@dataclass(frozen=True, slots=True)
class SecretValue:
    """The value of a key of a Secret (`namespace/name`), which is filled in where it is needed; of API keys, all."""

    secret: str
    key: str = ""
