"""GW3xx: objects that want the same."""

from __future__ import annotations

from typing import Final

from reconciler.review.catalogue.entry import Entry

ENTRIES: Final = (
    Entry(
        "GW301",
        "object defined twice",
        "Two manifests define one object. Which of them an API server would keep depends on the order of their "
        "application.",
        "Remove one of them, or give it another name or namespace.",
    ),
    Entry(
        "GW351",
        "listeners in conflict",
        "Two listeners of one port have the same hostname, or protocols that one socket cannot serve.",
        "Give them hostnames or ports of their own.",
        "listeners:\n  - {name: a, port: 80, protocol: HTTP}\n  - {name: b, port: 80, protocol: HTTP}",
    ),
    Entry(
        "GW352",
        "filters in conflict",
        "The rule has filters that cannot be used together: it answers 500.",
        "Remove one of them.",
        "filters: [{type: RequestRedirect, …}, {type: URLRewrite, …}]",
    ),
    Entry(
        "GW353",
        "routes in conflict",
        "An HTTPRoute and a GRPCRoute share a hostname of one listener: the younger one is not attached there.",
        "Give them hostnames or listeners of their own.",
    ),
    Entry(
        "GW361",
        "route shadowed by another",
        "An older route has all connections that this one asks for.",
        "Remove one of the two, or give them hostnames or listeners of their own.",
    ),
    Entry(
        "GW371",
        "policies in conflict",
        "Two policies of one kind have the same target: the older one has precedence.",
        "Merge them, or give them targets of their own.",
    ),
    Entry(
        "GW372",
        "listeners of one port differ",
        "Listeners without TLS that share a port share its connections: a policy for one of them cannot differ from "
        "the other's.",
        "Give all listeners of the port the same policy, or another port.",
    ),
)
