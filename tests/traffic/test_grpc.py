"""GRPCRoutes with calls, streams, statuses and gRPC-Web."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from tests.support.gitway import succeed
from tests.support.grpc_backend import GrpcBackend
from tests.support.manifests import route, service
from tests.traffic.scene import Object, Scene, rule, running

NAMES = ("greeter", "farewell", "any", "regular", "new")


@dataclass(frozen=True)
class Calls:
    """A running fleet with gRPC backends."""

    scene: Scene
    backends: dict[str, GrpcBackend]

    def call(
        self, method: str, *messages: bytes, host: str = "calls.test", metadata: dict[str, str] | None = None
    ) -> list[bytes]:
        """The messages of the answer."""
        with grpc.insecure_channel(f"127.0.0.1:{self.scene.port}", [("grpc.default_authority", host)]) as channel:
            stub: Any = channel
            return list(
                stub.stream_stream(method)(
                    iter(messages or (b"hi",)), metadata=tuple((metadata or {}).items()), timeout=10
                )
            )

    def refused(self, method: str, **options: Any) -> Any:
        """The error of a call that fails."""
        with pytest.raises(grpc.RpcError) as caught:
            self.call(method, **options)
        return caught.value


def grpc_route(name: str, *rules: Object, hostnames: tuple[str, ...]) -> Object:
    return {**route(name, *rules, hostnames=hostnames), "kind": "GRPCRoute"}


def method(service_: str = "", method_: str = "", kind: str = "Exact", **more: Any) -> Object:
    named = {"type": kind, **({"service": service_} if service_ else {}), **({"method": method_} if method_ else {})}
    return {"method": named, **more}


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Calls]:
    added = {
        "type": "RequestHeaderModifier",
        "requestHeaderModifier": {"set": [{"name": "x-edge", "value": "gitway"}], "remove": ["x-secret"]},
    }
    objects = [
        grpc_route(
            "calls",
            rule("any"),
            rule("farewell", method("", "Bye")),
            rule("greeter", method("hello.Greeter"), filters=[added]),
            rule("new", method("hello.Greeter", headers=[{"name": "version", "value": "2"}])),
            rule("regular", method("re[a-z]+\\.X", "M[0-9]", "RegularExpression")),
            hostnames=("calls.test",),
        ),
        grpc_route("nowhere", rule("missing"), hostnames=("nowhere.test",)),
        grpc_route(
            "half", rule([{"name": "any", "port": 80}, {"name": "missing", "port": 80}]), hostnames=("half.test",)
        ),
        route("rival", rule("web"), hostnames=("*.test",)),
    ]
    with ExitStack() as stack:
        backends = {name: stack.enter_context(GrpcBackend(name)) for name in NAMES}
        services = [item for name, backend in backends.items() for item in service(name, backend.port)]
        scene = stack.enter_context(running(tmp_path_factory.mktemp("grpc"), [*services, *objects]))
        yield Calls(scene, backends)


@pytest.mark.parametrize(
    ("called", "metadata", "expected"),
    [
        ("/hello.Greeter/Hello", {}, "greeter"),
        ("/hello.Greeter/Hello", {"version": "2"}, "new"),
        ("/hello.Greeter/Hello", {"version": "3"}, "greeter"),
        ("/hello.Greeters/Hello", {}, "any"),
        ("/hello.Greeter/Bye", {}, "greeter"),
        ("/other.Service/Bye", {}, "farewell"),
        ("/other.Service/GoodBye", {}, "any"),
        ("/regular.X/M1", {}, "regular"),
        ("/regular.X/M10", {}, "any"),
    ],
)
def test_methods(calls: Calls, called: str, metadata: dict[str, str], expected: str) -> None:
    assert calls.call(called, metadata=metadata) == [f"{expected}: hi".encode()]


def test_streams(calls: Calls) -> None:
    messages = [str(number).encode() for number in range(50)]
    assert calls.call("/a.B/C", *messages) == [b"any: " + message for message in messages]


def test_headers(calls: Calls) -> None:
    calls.call("/hello.Greeter/Headers", metadata={"x-secret": "1", "x-kept": "2"})
    seen = next(metadata for name, metadata in calls.backends["greeter"].calls if name.endswith("/Headers"))
    assert (seen["x-edge"], seen["x-kept"]) == ("gitway", "2")
    assert "x-secret" not in seen


def test_status_and_trailers_are_the_backends(calls: Calls) -> None:
    error = calls.refused("/a.B/Fail")
    assert (error.code(), error.details()) == (grpc.StatusCode.FAILED_PRECONDITION, "not yet: 100 %")
    assert dict(error.trailing_metadata())["x-reason"] == "any"


def test_a_call_without_a_route_is_unimplemented(calls: Calls) -> None:
    assert calls.refused("/a.B/C", host="no.example").code() == grpc.StatusCode.UNIMPLEMENTED


def test_a_call_without_a_backend_is_unavailable(calls: Calls) -> None:
    assert calls.refused("/a.B/C", host="nowhere.test").code() == grpc.StatusCode.UNAVAILABLE


def test_the_share_of_an_invalid_backend_is_unavailable(calls: Calls) -> None:
    seen: set[object] = set()
    for _ in range(40):
        try:
            seen.update(calls.call("/a.B/C", host="half.test"))
        except grpc.RpcError as error:
            seen.add(error.code())
    assert seen == {b"any: hi", grpc.StatusCode.UNAVAILABLE}


def test_grpc_web(calls: Calls) -> None:
    """A browser's call, over HTTP/1.1; the trailers come as a last frame."""
    answer = calls.scene.get(
        "/hello.Greeter/Web",
        host="calls.test",
        method="POST",
        headers={"content-type": "application/grpc-web+proto", "x-grpc-web": "1"},
        body=frame(0, b"hi"),
    )
    assert (answer.status, answer.headers["content-type"]) == (200, "application/grpc-web+proto")
    message = frame(0, b"greeter: hi")
    assert answer.body.startswith(message)
    trailers = answer.body[len(message) :]
    assert trailers[0] == 0x80
    assert b"grpc-status:0" in trailers


def frame(flags: int, message: bytes) -> bytes:
    return struct.pack(">BI", flags, len(message)) + message


def test_an_http_route_for_the_same_hosts_is_refused(calls: Calls) -> None:
    """Gateway API, GRPCRouteSpec.hostnames; none has a creation time, so names decide."""
    items = succeed("status", "--repo", calls.scene.fleet.repository.path, "-o", "json").json["items"]
    accepted = {
        item["metadata"]["name"]: condition["status"]
        for item in items
        if item["kind"] in ("HTTPRoute", "GRPCRoute")
        for condition in item["status"]["parents"][0]["conditions"]
        if condition["type"] == "Accepted"
    }
    assert accepted == {"calls": "True", "half": "True", "nowhere": "True", "rival": "False"}
    assert calls.scene.get("/a", host="web.test").status == 404
