"""What is said of a route that an older one leaves nothing to."""

from __future__ import annotations

import pytest

from reconciler.diagnostics import Origin
from reconciler.resolve.shadowed import shadowed


@pytest.mark.parametrize(
    ("table", "hosts", "told"),
    [
        ("app/gw/db", ("*",), "listener db of Gateway app/gw"),
        (
            "app/gw/tls",
            ("a.example.com", "b.example.com"),
            "listener tls of Gateway app/gw for a.example.com, b.example.com",
        ),
        ("app/gw/team/set/db", ("*",), "listener db of ListenerSet team/set"),
    ],
)
def test_what_is_lost_is_named(table: str, hosts: tuple[str, ...], told: str) -> None:
    loser, winner = ("~", "app", "new", "tcproute"), ("2026-01-01T00:00:00Z", "app", "old", "tlsroute")
    found = shadowed(loser, winner, table, hosts, Origin("app.yaml"))
    assert found.message == f"no traffic of {told}: TLSRoute app/old was there first"
    assert (found.code, found.object, found.path) == ("GW361", "TCPRoute app/new", ("spec", "parentRefs"))
