"""Which listeners of a Gateway and its ListenerSets are valid, which are in conflict, and what each of them serves.

The order of checks is Envoy Gateway's: each listener for itself, then conflicts among those valid, then overlaps of
TLS among those without conflict. The listeners of a Gateway come before those of its ListenerSets, those of an older
ListenerSet before those of a younger one (Gateway API, ListenerSetSpec.listeners).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from reconciler import ir
from reconciler.diagnostics import Diagnostic, FieldPath, Severity
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway, Listener
from reconciler.manifests.listenerset import ListenerSet
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
        family: listeners of different families cannot share a port. Those of `tcp` and `udp` have it to themselves.
        kinds: route kinds of the Gateway API group that may attach.
        terminates_tls: the listener needs certificates.
    """

    transport: str
    family: str
    kinds: tuple[str, ...]
    terminates_tls: bool = False


PROTOCOLS: Mapping[str, Protocol] = {
    "HTTP": Protocol("tcp", "http", ("HTTPRoute", "GRPCRoute")),
    "HTTPS": Protocol("tcp", "tls", ("HTTPRoute", "GRPCRoute"), terminates_tls=True),
    "TLS": Protocol("tcp", "tls", ("TLSRoute", "TCPRoute"), terminates_tls=True),
    "TCP": Protocol("tcp", "tcp", ("TCPRoute",)),
    "UDP": Protocol("udp", "udp", ("UDPRoute",)),
}
"""Protocols that are translated; a listener of any other is not accepted."""

_PASSTHROUGH = Protocol("tcp", "tls", ("TLSRoute",))
"""TLS that is not terminated."""


def protocol_of(listener: Listener) -> Protocol | None:
    """What a listener's protocol and TLS mode mean; None where they are not translated."""
    if listener.protocol == "TLS" and listener.tls is not None and listener.tls.mode == "Passthrough":
        return _PASSTHROUGH
    return PROTOCOLS.get(listener.protocol)


_Socket = tuple[str, int]
"""Transport and port."""

_ALONE = frozenset({"tcp", "udp"})
"""Families without host names that could tell the listeners of a port apart."""


@dataclass(frozen=True, slots=True)
class ListenerState:
    """One listener of a Gateway or ListenerSet, resolved.

    Attributes:
        namespace: that of its Gateway or ListenerSet, which is the one that `Same` allows.
        hostname: `*` where the listener has none.
        kinds: route kinds that may attach.
        allowed: which namespaces routes may come from: `Same`, `All`, `Selector` or `None`.
        selector: for `Selector`.
        programmed: it gets a socket; others only count the routes that are attached to them.
        neighbours: host names of all programmed listeners of its port in the fleet, and its own.
        table: name of its route configuration, or of what TLSRoutes, TCPRoutes and UDPRoutes are attached to.
        tls: None where TLS is not terminated.
        conditions: as in its status.
    """

    name: str
    namespace: str
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


@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """Who brings listeners. `scope` begins the names of their route configurations."""

    loaded: Loaded[Gateway] | Loaded[ListenerSet]
    scope: str

    @property
    def namespace(self) -> str:
        return self.loaded.resource.metadata.namespace

    @property
    def referrer(self) -> tuple[str, str]:
        """Group and kind, as ReferenceGrants name them."""
        return self.loaded.resource.group, self.loaded.resource.kind_name

    @property
    def is_set(self) -> bool:
        return isinstance(self.loaded.resource, ListenerSet)


@dataclass(frozen=True, slots=True)
class Soundness:
    """What is left of the listeners of one Gateway or ListenerSet.

    Attributes:
        any_valid: one at least is accepted.
        any_serves: one at least can be programmed.
        all_serve: every one is accepted and can be programmed, with nothing amiss.
    """

    any_valid: bool
    any_serves: bool
    all_serve: bool


@dataclass(slots=True)
class _Draft:
    """A listener while it is being checked: the first problem of each condition counts."""

    source: _Source
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
    def family(self) -> str:
        return self.protocol.family if self.protocol else ""

    @property
    def socket(self) -> _Socket:
        return self.protocol.transport if self.protocol else "", self.listener.port

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
    """The checks of the listeners of one Gateway and of the ListenerSets that it allows, the oldest first.

    `findings` collects what there is to say. What there is of each is in the order of `(gateway, *sets)`.
    """

    def __init__(
        self,
        gateway: Loaded[Gateway],
        sets: Sequence[Loaded[ListenerSet]],
        certificates: Certificates,
        tls: GatewayTLS,
    ) -> None:
        self.findings: list[Diagnostic] = []
        self._gateway = gateway
        self._tls = tls
        self._certificates = certificates
        fleet = "/".join(_name(gateway))
        sources = [_Source(gateway, fleet), *(_Source(item, "/".join((fleet, *_name(item)))) for item in sets)]
        self._drafts = [self._drafts_of(source) for source in sources]
        self._check_ports()

    def soundness(self) -> tuple[Soundness, ...]:
        """What is left of the listeners of each."""
        return tuple(
            Soundness(
                any_valid=any(draft.valid for draft in drafts),
                any_serves=any(draft.serves for draft in drafts),
                all_serve=all(draft.serves and not draft.problems for draft in drafts),
            )
            for drafts in self._drafts
        )

    def states(self, *, programmed: bool) -> tuple[tuple[ListenerState, ...], ...]:
        """The listeners of each as they come out; none is programmed where the Gateway is not."""
        hostnames: dict[_Socket, set[str]] = defaultdict(set)
        for draft in chain.from_iterable(self._drafts):
            if draft.serves:
                hostnames[draft.socket].add(draft.hostname)
        neighbours = {socket: frozenset(names) for socket, names in hostnames.items()}
        return tuple(
            tuple(
                self._state(draft, neighbours.get(draft.socket, frozenset()), programmed=programmed) for draft in drafts
            )
            for drafts in self._drafts
        )

    # ------------------------------------------------------------ each for itself

    def _drafts_of(self, source: _Source) -> list[_Draft]:
        listeners = source.loaded.resource.spec.listeners
        return [self._draft(source, index, listener) for index, listener in enumerate(listeners)]

    def _draft(self, source: _Source, index: int, listener: Listener) -> _Draft:
        draft = _Draft(source, index, listener, protocol_of(listener))
        if draft.protocol is None:
            message = f"Protocol {listener.protocol} is not supported, only {', '.join(PROTOCOLS)}."
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
            message = f"A listener of protocol {draft.listener.protocol} needs tls.certificateRefs."
            at: FieldPath = ("tls",) if tls else ()
            self._fail(draft, "ResolvedRefs", "InvalidCertificateRef", message, codes.CERTIFICATE_NOT_FOUND, at)
            return
        bad: list[BadCertificate] = []
        for index, ref in enumerate(tls.certificate_refs):
            found = self._certificates.resolve(ref, draft.source.namespace, draft.source.referrer)
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
        ports: dict[_Socket, list[_Draft]] = defaultdict(list)
        for draft in chain.from_iterable(self._drafts):
            if draft.protocol and draft.valid:
                ports[draft.socket].append(draft)
        for (_, port), drafts in ports.items():
            fitting = self._check_families(drafts, port)
            if fitting and fitting[0].family in _ALONE:
                message = f"Several listeners of {fitting[0].listener.protocol} cannot share port {port}."
                self._check_unique(fitting, "ProtocolConflict", message, "protocol")
            else:
                self._check_hostnames(fitting, port)

    def _check_families(self, drafts: Sequence[_Draft], port: int) -> list[_Draft]:
        """The listeners that can share the port. Who comes first decides for which family, or spoils it for all."""
        first = drafts[0].source
        families = {draft.family for draft in drafts if draft.source is first}
        fitting = [draft for draft in drafts if {draft.family} == families]
        if len(fitting) < len(drafts):
            protocols = " and ".join(sorted({draft.listener.protocol for draft in drafts}))
            message = f"Listeners of {protocols} cannot share port {port}."
            others = [draft for draft in drafts if {draft.family} != families]
            self._conflict(others, first, "ProtocolConflict", message, "protocol")
        return fitting

    def _check_hostnames(self, drafts: Sequence[_Draft], port: int) -> None:
        hostnames: dict[str, list[_Draft]] = defaultdict(list)
        for draft in drafts:
            hostnames[draft.hostname].append(draft)
        for hostname, same in hostnames.items():
            message = f"Several listeners of port {port} have the hostname {hostname}."
            self._check_unique(same, "HostnameConflict", message, "hostname")
        self._check_overlaps([draft for draft in drafts if draft.serves and draft.family == "tls"])

    def _check_unique(self, drafts: Sequence[_Draft], reason: str, message: str, key: str) -> None:
        """Of listeners that cannot be told apart, the first one's is left, unless it has several itself."""
        first = drafts[0].source
        sole = len(drafts) == 1 or drafts[1].source is not first
        self._conflict(drafts[1:] if sole else drafts, first, reason, message, key)

    def _conflict(self, drafts: Iterable[_Draft], first: _Source, reason: str, message: str, key: str) -> None:
        """Refuse listeners. Those of the first one on the port win, unless they are in conflict among themselves."""
        for draft in drafts:
            told = message
            if draft.source is not first:
                told = f"{message} {first.loaded.resource.title} comes first."
            draft.problems["Conflicted"] = (reason, told)
            path = (key,) if key != "hostname" or draft.listener.hostname else ()
            self._fail(draft, "Accepted", reason, told, codes.LISTENER_CONFLICT, path)

    def _check_overlaps(self, drafts: Sequence[_Draft]) -> None:
        """GEP-3567: a connection for one listener's host may be reused by a client for another's, in HTTP.

        HTTP/2 is offered all the same: such requests are detected, and answered 421 (Misdirected Request).
        """
        by_hostname = {draft.hostname: draft for draft in drafts}
        for draft in drafts:
            for wider in covering(draft.hostname):
                other = by_hostname.get(wider)
                if (
                    other is not None
                    and other is not draft
                    and "HTTPS" in (draft.listener.protocol, other.listener.protocol)
                ):
                    draft.overlap = draft.overlap or _seen_from(draft, other)
                    other.overlap = other.overlap or _seen_from(other, draft)

    # ------------------------------------------------------------ results

    def _state(self, draft: _Draft, neighbours: frozenset[str], *, programmed: bool) -> ListenerState:
        listener, source = draft.listener, draft.source
        alpn = () if listener.protocol == "TLS" else ("h2", "http/1.1")
        names = tuple(dict.fromkeys(secret.name for secret in draft.secrets))
        return ListenerState(
            name=listener.name,
            namespace=source.namespace,
            port=listener.port,
            protocol=listener.protocol,
            hostname=draft.hostname,
            kinds=draft.kinds,
            allowed=listener.allowed_routes.namespaces.from_,
            selector=draft.selector,
            programmed=programmed and draft.serves,
            neighbours=neighbours | {draft.hostname},
            table=f"http-{listener.port}" if draft.family == "http" else f"{source.scope}/{listener.name}",
            tls=ir.TLS(names, alpn, draft.frontend.validation) if draft.terminates_tls and names else None,
            secrets=(*draft.secrets, *([draft.frontend.authority] if draft.frontend.authority else ())),
            conditions=_conditions(draft, stamp(source.loaded.resource.metadata), programmed=programmed),
        )

    def _fail(self, draft: _Draft, kind: str, reason: str, message: str, code: str, path: FieldPath) -> None:
        draft.problems.setdefault(kind, (reason, message))
        self._report(draft, code, message, path)

    def _report(self, draft: _Draft, code: str, message: str, path: FieldPath, guidance: str = "") -> None:
        full = ("spec", "listeners", draft.index, *path)
        named = f"Listener {draft.listener.name}: {message}"
        self.findings.append(finding(code, draft.source.loaded, full, named, guidance, Severity.WARNING))


def _name(loaded: Loaded[Gateway] | Loaded[ListenerSet]) -> tuple[str, str]:
    meta = loaded.resource.metadata
    return meta.namespace, meta.name


def _seen_from(draft: _Draft, other: _Draft) -> str:
    """The name of another listener, as a reader of the draft's status knows it."""
    if draft.source is other.source:
        return other.listener.name
    return f"{other.listener.name} of {other.source.loaded.resource.title}"


def _conditions(draft: _Draft, at: Stamp, *, programmed: bool) -> tuple[Condition, ...]:
    made = []
    for kind, message in (("Accepted", "The listener is accepted."), ("ResolvedRefs", "All references are resolved.")):
        reason, why = draft.problems.get(kind, (kind, message))
        made.append(condition(kind, kind not in draft.problems, reason, why, at))
    conflict = draft.problems.get("Conflicted")
    if conflict and draft.source.is_set:
        # The conformance suite wants the conflict named here of ListenerSets; of Gateways, `Invalid` is the reason.
        made.append(condition("Programmed", False, *conflict, at))
    elif not draft.serves:
        made.append(condition("Programmed", False, "Invalid", "The listener is invalid, see the other conditions.", at))
    elif not programmed:
        made.append(condition("Programmed", False, "Invalid", "The Gateway is not programmed.", at))
    else:
        made.append(condition("Programmed", True, "Programmed", "The listener is programmed.", at))
    reason, why = conflict or ("NoConflicts", "No other listener is in conflict with this one.")
    made.append(condition("Conflicted", conflict is not None, reason, why, at))
    if draft.overlap:
        effect = ": requests for its hosts are answered 421" if draft.listener.protocol == "HTTPS" else ""
        why = f"The hostname overlaps with that of listener {draft.overlap}{effect}."
        made.append(condition("OverlappingTLSConfig", True, "OverlappingHostnames", why, at))
    return tuple(made)
