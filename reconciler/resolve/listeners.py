"""Which listeners of a Gateway are valid, which are in conflict, and what each of them serves.

The order of checks is Envoy Gateway's: each listener for itself, then conflicts among those valid, then overlaps of
TLS among those without conflict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciler import ir
from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway, Listener
from reconciler.manifests.references import GATEWAY_GROUP, LabelSelector
from reconciler.resolve import codes, selectors
from reconciler.resolve.certificates import BadCertificate, Certificates
from reconciler.resolve.conditions import Condition, Stamp, condition, stamp
from reconciler.resolve.findings import finding
from reconciler.resolve.gateway_tls import UNASKED, Frontend, GatewayTLS
from reconciler.resolve.hostnames import ANY, covering


@dataclass(frozen=True, slots=True)
class Protocol:
    """What a listener protocol means.

    Attributes:
        transport: listeners of one port meet only within one transport.
        family: listeners of different families cannot share a port.
        kinds: route kinds of the Gateway API group that may attach.
        terminates_tls: the listener needs certificates.
    """

    transport: str
    family: str
    kinds: tuple[str, ...]
    terminates_tls: bool = False


PROTOCOLS: Mapping[str, Protocol] = {
    "HTTP": Protocol("tcp", "http", ("HTTPRoute",)),
    "HTTPS": Protocol("tcp", "tls", ("HTTPRoute",), terminates_tls=True),
}
"""Protocols that are translated; a listener of any other is not accepted."""


@dataclass(frozen=True, slots=True)
class ListenerState:
    """One listener of a Gateway, resolved.

    Attributes:
        hostname: `*` where the listener has none.
        kinds: route kinds that may attach.
        allowed: which namespaces routes may come from: `Same`, `All`, `Selector` or `None`.
        selector: for `Selector`.
        programmed: it gets a socket; others only count the routes that are attached to them.
        neighbours: host names of all programmed listeners of its port, and its own.
        table: name of its route configuration.
        tls: None for cleartext.
        conditions: as in its status.
    """

    name: str
    port: int
    protocol: str
    hostname: str
    kinds: tuple[str, ...]
    allowed: str
    selector: LabelSelector | None
    programmed: bool
    neighbours: frozenset[str]
    table: str
    tls: ir.TLS | None
    secrets: tuple[ir.Secret | ir.Authority, ...]
    conditions: tuple[Condition, ...]


@dataclass(slots=True)
class _Draft:
    """A listener while it is being checked: the first problem of each condition counts."""

    index: int
    listener: Listener
    protocol: Protocol | None
    kinds: tuple[str, ...] = ()
    selector: LabelSelector | None = None
    problems: dict[str, tuple[str, str]] = field(default_factory=dict)
    secrets: list[ir.Secret] = field(default_factory=list)
    frontend: Frontend = UNASKED
    overlap: str = ""

    @property
    def hostname(self) -> str:
        return self.listener.hostname or ANY

    @property
    def terminates_tls(self) -> bool:
        return self.protocol is not None and self.protocol.terminates_tls

    @property
    def valid(self) -> bool:
        return "Accepted" not in self.problems

    @property
    def serves(self) -> bool:
        """Whether there is anything to bind a socket for."""
        complete = bool(self.secrets) or not self.terminates_tls
        return self.valid and complete and bool(self.kinds)


class ListenerCheck:
    """The checks of one Gateway's listeners; `findings` collects what there is to say."""

    def __init__(self, gateway: Loaded[Gateway], certificates: Certificates, tls: GatewayTLS) -> None:
        self.findings: list[Diagnostic] = []
        self._gateway = gateway
        self._tls = tls
        self._namespace = gateway.resource.metadata.namespace
        self._certificates = certificates
        self._drafts = [self._draft(index, item) for index, item in enumerate(gateway.resource.spec.listeners)]
        self._check_ports()

    @property
    def any_valid(self) -> bool:
        """Whether any listener is accepted."""
        return any(draft.valid for draft in self._drafts)

    @property
    def all_serve(self) -> bool:
        """Whether every listener is accepted and can be programmed."""
        return all(draft.serves and not draft.problems for draft in self._drafts)

    def states(self, *, programmed: bool) -> tuple[ListenerState, ...]:
        """The listeners as they come out; none is programmed where their Gateway is not."""
        hostnames: dict[int, set[str]] = defaultdict(set)
        for draft in self._drafts:
            if draft.serves:
                hostnames[draft.listener.port].add(draft.hostname)
        neighbours = {port: frozenset(names) for port, names in hostnames.items()}
        at = stamp(self._gateway.resource.metadata)
        return tuple(
            self._state(draft, neighbours.get(draft.listener.port, frozenset()), at, programmed=programmed)
            for draft in self._drafts
        )

    # ------------------------------------------------------------ each for itself

    def _draft(self, index: int, listener: Listener) -> _Draft:
        draft = _Draft(index, listener, PROTOCOLS.get(listener.protocol))
        if draft.protocol is None:
            message = f"Protocol {listener.protocol} is not supported, only {' and '.join(PROTOCOLS)}."
            self._fail(draft, "Accepted", "UnsupportedProtocol", message, codes.BAD_LISTENER, ("protocol",))
            return draft
        self._check_kinds(draft, draft.protocol)
        self._check_selector(draft)
        if draft.protocol.terminates_tls:
            self._check_certificates(draft)
            self._check_clients(draft)
        return draft

    def _check_kinds(self, draft: _Draft, protocol: Protocol) -> None:
        kinds = draft.listener.allowed_routes.kinds
        if not kinds:
            draft.kinds = protocol.kinds
            return
        draft.kinds = tuple(
            dict.fromkeys(item.kind for item in kinds if item.group == GATEWAY_GROUP and item.kind in protocol.kinds)
        )
        for index, item in enumerate(kinds):
            if item.kind not in draft.kinds or item.group != GATEWAY_GROUP:
                message = f"Routes of kind {item.kind} cannot attach to a listener of {draft.listener.protocol}."
                path = ("allowedRoutes", "kinds", index, "kind")
                self._fail(draft, "ResolvedRefs", "InvalidRouteKinds", message, codes.INVALID_KIND, path)

    def _check_selector(self, draft: _Draft) -> None:
        namespaces = draft.listener.allowed_routes.namespaces
        if namespaces.from_ != "Selector":
            return
        draft.selector = namespaces.selector
        problem = "it is missing" if namespaces.selector is None else selectors.problem(namespaces.selector)
        if problem:
            draft.selector = None
            path = ("allowedRoutes", "namespaces", "selector")
            message = f"The namespace selector is invalid: {problem}."
            self._fail(draft, "Accepted", "Invalid", message, codes.BAD_LISTENER, path)

    def _check_certificates(self, draft: _Draft) -> None:
        tls = draft.listener.tls
        if tls is None or not tls.certificate_refs:
            message = "A listener of protocol HTTPS needs tls.certificateRefs."
            at: FieldPath = ("tls",) if tls else ()
            self._fail(draft, "ResolvedRefs", "InvalidCertificateRef", message, codes.CERTIFICATE_NOT_FOUND, at)
            return
        bad: list[BadCertificate] = []
        for index, ref in enumerate(tls.certificate_refs):
            found = self._certificates.resolve(ref, self._namespace)
            if isinstance(found, ir.Secret):
                draft.secrets.append(found)
                continue
            bad.append(found)
            path = ("tls", "certificateRefs", index, *found.field)
            self._report(draft, found.code, found.message, path, found.help)
        if bad:
            reason = "PartiallyInvalidCertificateRef" if draft.secrets else bad[0].reason
            draft.problems.setdefault("ResolvedRefs", (reason, " ".join(item.message for item in bad)))

    def _check_clients(self, draft: _Draft) -> None:
        """A listener whose clients cannot be verified serves nobody; what is wrong is reported with the Gateway.

        It is about HTTPS alone (Gateway API, `FrontendTLSConfig`).
        """
        if draft.listener.protocol != "HTTPS":
            return
        draft.frontend = frontend = self._tls.frontend(draft.listener.port)
        if frontend.reason:
            draft.problems.setdefault("ResolvedRefs", (frontend.reason, frontend.message))
        if frontend.refused:
            draft.problems.setdefault("Accepted", ("NoValidCACertificate", frontend.message))

    # ------------------------------------------------------------ listeners of one port

    def _check_ports(self) -> None:
        ports: dict[tuple[str, int], list[_Draft]] = defaultdict(list)
        for draft in self._drafts:
            if draft.protocol and draft.valid:
                ports[draft.protocol.transport, draft.listener.port].append(draft)
        for (_, port), drafts in ports.items():
            families = {draft.protocol.family for draft in drafts if draft.protocol}
            if len(families) > 1:
                protocols = " and ".join(sorted({draft.listener.protocol for draft in drafts}))
                message = f"Listeners of {protocols} cannot share port {port}."
                self._conflict(drafts, "ProtocolConflict", message, "protocol")
                continue
            self._check_hostnames(drafts, port)

    def _check_hostnames(self, drafts: Sequence[_Draft], port: int) -> None:
        hostnames: dict[str, list[_Draft]] = defaultdict(list)
        for draft in drafts:
            hostnames[draft.hostname].append(draft)
        for hostname, same in hostnames.items():
            if len(same) > 1:
                message = f"Several listeners of port {port} have the hostname {hostname}."
                self._conflict(same, "HostnameConflict", message, "hostname")
        self._check_overlaps([draft for draft in drafts if draft.serves and draft.terminates_tls])

    def _conflict(self, drafts: Iterable[_Draft], reason: str, message: str, key: str) -> None:
        for draft in drafts:
            draft.problems["Conflicted"] = (reason, message)
            path = (key,) if key != "hostname" or draft.listener.hostname else ()
            self._fail(draft, "Accepted", reason, message, codes.LISTENER_CONFLICT, path)

    def _check_overlaps(self, drafts: Sequence[_Draft]) -> None:
        """GEP-3567: a connection for one listener's host may be reused by a client for another's."""
        by_hostname = {draft.hostname: draft for draft in drafts}
        for draft in drafts:
            for wider in covering(draft.hostname):
                other = by_hostname.get(wider)
                if other is not None and other is not draft:
                    draft.overlap = draft.overlap or other.listener.name
                    other.overlap = other.overlap or draft.listener.name

    # ------------------------------------------------------------ results

    def _state(self, draft: _Draft, neighbours: frozenset[str], at: Stamp, *, programmed: bool) -> ListenerState:
        listener, meta = draft.listener, self._gateway.resource.metadata
        alpn = ("http/1.1",) if draft.overlap else ("h2", "http/1.1")
        names = tuple(dict.fromkeys(secret.name for secret in draft.secrets))
        return ListenerState(
            name=listener.name,
            port=listener.port,
            protocol=listener.protocol,
            hostname=draft.hostname,
            kinds=draft.kinds,
            allowed=listener.allowed_routes.namespaces.from_,
            selector=draft.selector,
            programmed=programmed and draft.serves,
            neighbours=neighbours | {draft.hostname},
            table=f"{meta.namespace}/{meta.name}/{listener.name}" if draft.terminates_tls else f"http-{listener.port}",
            tls=ir.TLS(names, alpn, draft.frontend.validation) if draft.terminates_tls and names else None,
            secrets=(*draft.secrets, *([draft.frontend.authority] if draft.frontend.authority else ())),
            conditions=_conditions(draft, at, programmed=programmed),
        )

    def _fail(self, draft: _Draft, kind: str, reason: str, message: str, code: str, path: FieldPath) -> None:
        draft.problems.setdefault(kind, (reason, message))
        self._report(draft, code, message, path)

    def _report(self, draft: _Draft, code: str, message: str, path: FieldPath, guidance: str = "") -> None:
        full = ("spec", "listeners", draft.index, *path)
        named = f"Listener {draft.listener.name}: {message}"
        self.findings.append(finding(code, self._gateway, full, named, guidance, Severity.WARNING))


def _conditions(draft: _Draft, at: Stamp, *, programmed: bool) -> tuple[Condition, ...]:
    made = []
    for kind, message in (("Accepted", "The listener is accepted."), ("ResolvedRefs", "All references are resolved.")):
        reason, why = draft.problems.get(kind, (kind, message))
        made.append(condition(kind, kind not in draft.problems, reason, why, at))
    if not draft.serves:
        made.append(condition("Programmed", False, "Invalid", "The listener is invalid, see the other conditions.", at))
    elif not programmed:
        made.append(condition("Programmed", False, "Invalid", "The Gateway is not programmed.", at))
    else:
        made.append(condition("Programmed", True, "Programmed", "The listener is programmed.", at))
    reason, why = draft.problems.get("Conflicted", ("NoConflicts", "No other listener is in conflict with this one."))
    made.append(condition("Conflicted", "Conflicted" in draft.problems, reason, why, at))
    if draft.overlap:
        why = f"The hostname overlaps with that of listener {draft.overlap}: HTTP/2 is not offered."
        made.append(condition("OverlappingTLSConfig", True, "OverlappingHostnames", why, at))
    return tuple(made)
