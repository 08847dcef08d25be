"""A listener of a Gateway or ListenerSet while it is being checked."""

from __future__ import annotations

from dataclasses import field

from reconciler import ir
from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway, Listener
from reconciler.manifests.listenerset import ListenerSet
from reconciler.manifests.references import LabelSelector
from reconciler.records import dataclass
from reconciler.resolve.findings import finding
from reconciler.resolve.gateway_tls import UNASKED, Frontend
from reconciler.resolve.hostnames import ANY
from reconciler.resolve.listener_protocols import Protocol

Socket = tuple[str, int]
"""Transport and port."""


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """Who brings listeners. `scope` begins the names of their route configurations."""

    loaded: Loaded[Gateway] | Loaded[ListenerSet]
    scope: str

    @property
    def namespace(self) -> str:
        """That of the Gateway or ListenerSet."""
        return self.loaded.resource.metadata.namespace

    @property
    def referrer(self) -> tuple[str, str]:
        """Group and kind, as ReferenceGrants name them."""
        return self.loaded.resource.group, self.loaded.resource.kind_name

    @property
    def is_set(self) -> bool:
        """Whether it is a ListenerSet."""
        return isinstance(self.loaded.resource, ListenerSet)


@dataclass(slots=True)
class Draft:
    """A listener while it is being checked: the first problem of each condition counts."""

    source: Source
    index: int
    listener: Listener
    protocol: Protocol | None
    kinds: tuple[str, ...] = ()
    selector: LabelSelector | None = None
    problems: dict[str, tuple[str, str]] = field(default_factory=dict)
    secrets: list[ir.Secret] = field(default_factory=list)
    frontend: Frontend = UNASKED
    overlap: str = ""
    findings: list[Diagnostic] = field(default_factory=list)

    @property
    def hostname(self) -> str:
        """`*` where the listener has none."""
        return self.listener.hostname or ANY

    @property
    def family(self) -> str:
        """That of its protocol; empty for a protocol that is not translated."""
        return self.protocol.family if self.protocol else ""

    @property
    def socket(self) -> Socket:
        """What it would bind."""
        return self.protocol.transport if self.protocol else "", self.listener.port

    @property
    def terminates_tls(self) -> bool:
        """Whether it needs certificates."""
        return self.protocol is not None and self.protocol.terminates_tls

    @property
    def valid(self) -> bool:
        """Whether it is accepted, as far as it has been checked."""
        return "Accepted" not in self.problems

    @property
    def serves(self) -> bool:
        """Whether there is anything to bind a socket for."""
        complete = bool(self.secrets) or not self.terminates_tls
        return self.valid and complete and bool(self.kinds)

    def fail(self, kind: str, reason: str, message: str, code: str, path: FieldPath) -> None:
        """Something makes a condition false."""
        self.problems.setdefault(kind, (reason, message))
        self.report(code, message, path)

    def report(self, code: str, message: str, path: FieldPath, guidance: str = "") -> None:
        """There is something to say; `path` is below the listener."""
        full = ("spec", "listeners", self.index, *path)
        named = f"Listener {self.listener.name}: {message}"
        self.findings.append(finding(code, self.source.loaded, full, named, guidance, Severity.WARNING))
