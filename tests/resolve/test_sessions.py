"""Session persistence."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.resolve.scene import Object, Scene, forward, gateway, grpc_route, resolve, route, service


def scene(session: Object, make: Any = route) -> Scene:
    return resolve(gateway(), service(), make({"backendRefs": [forward()], "sessionPersistence": session}))


@pytest.mark.parametrize("make", [route, grpc_route])
@pytest.mark.parametrize(
    ("session", "expected"),
    [
        ({"cookie": {}}, ir.SessionCookie()),
        ({"cookie": {"name": "id", "path": "/shop"}}, ir.SessionCookie("id", "/shop")),
        ({"cookie": {"path": ""}}, ir.SessionCookie()),
        (
            {"absoluteTimeout": "1h", "cookie": {"lifetimeType": "Permanent"}},
            ir.SessionCookie(lifetime_ms=3_600_000),
        ),
        ({"type": "Header", "header": {"name": "X-Session"}}, ir.SessionHeader("X-Session")),
        ({"type": "Header", "absoluteTimeout": "0s", "header": {"name": "x"}}, ir.SessionHeader("x")),
    ],
)
def test_sessions(make: Any, session: Object, expected: object) -> None:
    found = scene(session, make)
    assert found.forwarded().session == expected
    assert found.diagnostics == ()


def test_a_session_cookie_that_expires_is_kept_for_as_long() -> None:
    found = scene({"absoluteTimeout": "2h", "cookie": {}})
    assert found.forwarded().session == ir.SessionCookie(lifetime_ms=7_200_000)
    assert found.route_conditions()["Accepted"] == "True/Accepted"
    assert found.only_diagnostic().code == "GW160"


@pytest.mark.parametrize(
    "session",
    [
        {"type": "Header", "absoluteTimeout": "1h", "header": {"name": "x"}},
        {"absoluteTimeout": "500ms", "cookie": {}},
    ],
)
def test_what_cannot_be_had_is_refused(session: Object) -> None:
    found = scene(session)
    assert found.rule().action == ir.DirectResponse(500)
    assert found.route_conditions()["Accepted"] == "False/UnsupportedValue"
    assert found.only_diagnostic().path == ("spec", "rules", 0, "sessionPersistence", "absoluteTimeout")
