"""Session persistence."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from tests.resolve.scene import Object, Scene, forward, gateway, grpc_route, obj, resolve, route, service


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


@pytest.mark.parametrize("path", ["/a; Domain=evil.test", "/a\r\nx: y", "/ä"])
def test_a_path_that_no_cookie_has(path: str) -> None:
    found = scene({"cookie": {"path": path}})
    assert found.route_conditions()["Accepted"] == "False/UnsupportedValue"
    assert found.only_diagnostic().path == ("spec", "rules", 0, "sessionPersistence", "cookie", "path")


ADDED = {"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "a", "value": "b"}]}}


@pytest.mark.parametrize(
    ("refs", "session", "refused"),
    [
        ([forward(), forward()], {"type": "Header", "header": {"name": "x"}}, False),
        ([forward(), forward(filters=[ADDED])], {"type": "Header", "header": {"name": "x"}}, True),
        ([forward(), forward(filters=[ADDED])], {"cookie": {}}, False),
        ([forward(), forward("near", filters=[ADDED])], {"type": "Header", "header": {"name": "x"}}, False),
    ],
)
def test_a_header_does_not_tell_apart_what_is_found_by_dns(refs: list[Object], session: Object, refused: bool) -> None:
    near = obj(
        "EndpointSlice",
        "near",
        metadata={"labels": {"kubernetes.io/service-name": "near"}},
        addressType="IPv4",
        ports=[{"name": "http", "port": 8080}],
        endpoints=[{"addresses": ["192.0.2.1"]}],
    )
    service_near = obj("Service", "near", {"ports": [{"name": "http", "port": 80}]})
    made = route({"backendRefs": refs, "sessionPersistence": session})
    found = resolve(gateway(), service(), service_near, near, made)
    assert found.route_conditions()["Accepted"] == ("False/UnsupportedValue" if refused else "True/Accepted")
    assert [one.path[-1] for one in found.diagnostics] == ["type"] * refused
