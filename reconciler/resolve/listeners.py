"""Which listeners of a Gateway and its ListenerSets are valid, which are in conflict, and what each of them serves.

The order of checks is Envoy Gateway's: each listener for itself, then conflicts among those valid, then overlaps of
TLS among those without conflict. The listeners of a Gateway come before those of its ListenerSets, those of an older
ListenerSet before those of a younger one (Gateway API, ListenerSetSpec.listeners).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from reconciler import ir
from reconciler.diagnostics import Diagnostic, FieldPath
from reconciler.manifests.base import Loaded
from reconciler.manifests.gateway import Gateway, Listener
from reconciler.manifests.listenerset import ListenerSet
from reconciler.manifests.references import GATEWAY_GROUP, LabelSelector
from reconciler.records import dataclass
from reconciler.resolve import codes, selectors
from reconciler.resolve.certificates import BadCertificate, Certificates
from reconciler.resolve.conditions import Condition, Stamp, condition, stamp
from reconciler.resolve.gateway_tls import GatewayTLS
from reconciler.resolve.listener_conflicts import check_ports
from reconciler.resolve.listener_drafts import Draft, Socket, Source
from reconciler.resolve.listener_protocols import PROTOCOLS, Protocol, protocol_of


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


def check_together(checks: Iterable[ListenerCheck]) -> None:
    """Find the conflicts among the listeners of a fleet; `checks` are of its Gateways, the oldest first."""
    checks = tuple(checks)
    drafts = tuple(chain.from_iterable(check.drafts for check in checks))
    check_ports(drafts)
    for check in checks:
        check.stand_among(drafts)


class ListenerCheck:
    """The checks of the listeners of one Gateway and of the ListenerSets that it allows, the oldest first.

    What there is of each is in the order of `(gateway, *sets)`. `check_together` has to come before anything is asked.
    """

    def __init__(
        self,
        gateway: Loaded[Gateway],
        sets: Sequence[Loaded[ListenerSet]],
        certificates: Certificates,
        tls: GatewayTLS,
    ) -> None:
        self._gateway = gateway
        self._tls = tls
        self._certificates = certificates
        fleet = "/".join(_name(gateway))
        sources = [Source(gateway, fleet), *(Source(item, "/".join((fleet, *_name(item)))) for item in sets)]
        self._drafts = [self._drafts_of(source) for source in sources]
        self._of_fleet: Sequence[Draft] = ()

    @property
    def drafts(self) -> Iterator[Draft]:
        """The listeners of all, in their order."""
        return chain.from_iterable(self._drafts)

    def stand_among(self, drafts: Sequence[Draft]) -> None:
        """Take note of all listeners of the fleet, its own among them."""
        self._of_fleet = drafts

    @property
    def findings(self) -> list[Diagnostic]:
        """What there is to say."""
        return [found for draft in self.drafts for found in draft.findings]

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
        hostnames: dict[Socket, set[str]] = defaultdict(set)
        for draft in self._of_fleet:
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

    def _drafts_of(self, source: Source) -> list[Draft]:
        listeners = source.loaded.resource.spec.listeners
        return [self._draft(source, index, listener) for index, listener in enumerate(listeners)]

    def _draft(self, source: Source, index: int, listener: Listener) -> Draft:
        draft = Draft(source, index, listener, protocol_of(listener))
        if draft.protocol is None:
            message = f"Protocol {listener.protocol} is not supported, only {', '.join(PROTOCOLS)}."
            draft.fail("Accepted", "UnsupportedProtocol", message, codes.BAD_LISTENER, ("protocol",))
            return draft
        self._check_kinds(draft, draft.protocol)
        self._check_selector(draft)
        if draft.listener.tls is not None and draft.listener.tls.options:
            message = f"options are not known, none has an effect: {', '.join(sorted(draft.listener.tls.options))}."
            draft.report(codes.NOT_TRANSLATED, message, ("tls", "options"))
        if draft.protocol.terminates_tls:
            self._check_certificates(draft)
            self._check_clients(draft)
        return draft

    def _check_kinds(self, draft: Draft, protocol: Protocol) -> None:
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
                draft.fail("ResolvedRefs", "InvalidRouteKinds", message, codes.INVALID_KIND, path)

    def _check_selector(self, draft: Draft) -> None:
        namespaces = draft.listener.allowed_routes.namespaces
        if namespaces.from_ != "Selector":
            return
        draft.selector = namespaces.selector
        problem = "it is missing" if namespaces.selector is None else selectors.problem(namespaces.selector)
        if problem:
            draft.selector = None
            path = ("allowedRoutes", "namespaces", "selector")
            message = f"The namespace selector is invalid: {problem}."
            draft.fail("Accepted", "Invalid", message, codes.BAD_LISTENER, path)

    def _check_certificates(self, draft: Draft) -> None:
        tls = draft.listener.tls
        if tls is None or not tls.certificate_refs:
            message = f"A listener of protocol {draft.listener.protocol} needs tls.certificateRefs."
            at: FieldPath = ("tls",) if tls else ()
            draft.fail("ResolvedRefs", "InvalidCertificateRef", message, codes.CERTIFICATE_NOT_FOUND, at)
            return
        bad: list[BadCertificate] = []
        for index, ref in enumerate(tls.certificate_refs):
            found = self._certificates.resolve(ref, draft.source.namespace, draft.source.referrer)
            if isinstance(found, ir.Secret):
                draft.secrets.append(found)
                continue
            bad.append(found)
            path = ("tls", "certificateRefs", index, *found.field)
            draft.report(found.code, found.message, path, found.help)
        if bad:
            reason = "PartiallyInvalidCertificateRef" if draft.secrets else bad[0].reason
            draft.problems.setdefault("ResolvedRefs", (reason, " ".join(item.message for item in bad)))

    def _check_clients(self, draft: Draft) -> None:
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

    # ------------------------------------------------------------ results

    def _state(self, draft: Draft, neighbours: frozenset[str], *, programmed: bool) -> ListenerState:
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


def _name(loaded: Loaded[Gateway] | Loaded[ListenerSet]) -> tuple[str, str]:
    meta = loaded.resource.metadata
    return meta.namespace, meta.name


def _conditions(draft: Draft, at: Stamp, *, programmed: bool) -> tuple[Condition, ...]:
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
