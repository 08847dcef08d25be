"""Routes that are attached to a listener on which an older route takes all."""

from __future__ import annotations

from collections.abc import Sequence

from reconciler.diagnostics import Diagnostic, Origin, Severity
from reconciler.resolve import codes

_KINDS = {"tlsroute": "TLSRoute", "tcproute": "TCPRoute", "udproute": "UDPRoute"}


def shadowed(
    route: Sequence[str], winner: Sequence[str], table: str, hosts: Sequence[str], origin: Origin | None
) -> Diagnostic:
    """The warning for a route.

    Args:
        route: its creation time, namespace, name and lower case kind.
        winner: the same of the route that has the traffic.
        table: `<namespace>/<gateway>/<listener>`, or `<gateway>/<namespace>/<set>/<listener>` after the namespace.
        hosts: the server names that it has to itself; `*`: all.
        origin: where the route stands.
    """
    *_, namespace, name, listener = parts = table.split("/")
    parent = f"{'Gateway' if len(parts) == 3 else 'ListenerSet'} {namespace}/{name}"
    of = "" if "*" in hosts else f" for {', '.join(hosts)}"
    message = f"no traffic of listener {listener} of {parent}{of}: {_title(winner)} was there first"
    return Diagnostic(
        code=codes.SHADOWED_ROUTE,
        severity=Severity.WARNING,
        message=message,
        object=_title(route),
        origin=origin,
        path=("spec", "parentRefs"),
        help="The oldest route has it all, then the first by namespace and name: use another listener or server name.",
    )


def _title(route: Sequence[str]) -> str:
    _, namespace, name, kind = route
    return f"{_KINDS[kind]} {namespace}/{name}"
