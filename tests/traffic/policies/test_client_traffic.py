"""ClientTrafficPolicies of listeners without TLS: each case has a listener, and a policy, of its own."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import h2.config
import h2.connection
import h2.events
import h2.settings
import pytest

from tests.support.client import fetch
from tests.support.manifests import route
from tests.support.ports import free_port
from tests.support.raw import exchange, read_answer, status_of
from tests.support.wait import eventually
from tests.traffic.scene import Object, Scene, backend_of, rule, running

CLIENT = {"name": "x-told", "value": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"}
TOLD = {"headers": {"lateResponseHeaders": {"set": [CLIENT]}}}
"""The answer tells the address of the client."""

POLICIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "xff": {"clientIPDetection": {"xForwardedFor": {"numTrustedHops": 2}}, **TOLD},
    "xff-cidr": {"clientIPDetection": {"xForwardedFor": {"trustedCIDRs": ["127.0.0.0/8", "192.0.2.0/24"]}}, **TOLD},
    "xff-silent": {
        "clientIPDetection": {"xForwardedFor": {"numTrustedHops": 1, "disableXForwardedForAppend": True}},
        **TOLD,
    },
    "direct": {"clientIPDetection": {"directSourceIP": {}}, **TOLD},
    "header": {"clientIPDetection": {"customHeader": {"name": "X-Client", "failClosed": True}}, **TOLD},
    "proxied": {"proxyProtocol": {}},
    "maybe-proxied": {"proxyProtocol": {"optional": True}},
    "keep-slashes": {"path": {"escapedSlashesAction": "KeepUnchanged", "disableMergeSlashes": True}},
    "forward-slashes": {"path": {"escapedSlashesAction": "UnescapeAndForward"}},
    "refuse-slashes": {"path": {"escapedSlashesAction": "RejectRequest"}},
    "envoy-headers": {"headers": {"enableEnvoyHeaders": True}},
    "underscores": {"headers": {"withUnderscoresAction": "Allow"}},
    "drop-underscores": {"headers": {"withUnderscoresAction": "DropHeader"}},
    "keep-id": {"headers": {"requestID": "Preserve"}},
    "no-id": {"headers": {"requestID": "Disable"}},
    "new-id": {"headers": {"requestID": "Generate"}},
    "keep-or-new-id": {"headers": {"requestID": "PreserveOrGenerate"}},
    "early": {
        "headers": {
            "earlyRequestHeaders": {
                "set": [{"name": "x-set", "value": "new"}],
                "add": [{"name": "x-add", "value": "more"}],
                "addIfAbsent": [{"name": "x-absent", "value": "filled"}],
                "remove": ["x-gone"],
                "removeOnMatch": [{"type": "Prefix", "value": "X-Internal-"}],
            }
        }
    },
    "late": {
        "headers": {
            "lateResponseHeaders": {"set": [{"name": "x-late", "value": "1"}], "remove": ["x-backend"]},
        }
    },
    "dot": {"headers": {"host": {"stripTrailingHostDot": True}}},
    "small-headers": {"headers": {"maxRequestHeaderLimit": "2Ki"}},
    "slow-request": {"timeout": {"http": {"requestReceivedTimeout": "200ms"}}},
    "slow-headers": {"timeout": {"http": {"requestHeadersReceivedTimeout": "200ms"}}},
    "idle": {"timeout": {"http": {"idleTimeout": "200ms"}}},
    "idle-stream": {"timeout": {"http": {"streamIdleTimeout": "200ms"}}},
    "few": {"connection": {"connectionLimit": {"value": 1}}},
    "short": {
        "connection": {"connectionLimit": {"maxConnectionDuration": "200ms"}},
        "http1": {"disableSafeMaxConnectionDuration": True},
    },
    "once": {"connection": {"connectionLimit": {"maxRequestsPerConnection": 1}}},
    "short-stream": {"connection": {"connectionLimit": {"maxStreamDuration": "200ms"}}},
    "buffers": {"connection": {"bufferLimit": "1Ki", "maxAcceptPerSocketEvent": 0}},
    "inspected": {"timeout": {"tcp": {"connectionInspectionTimeout": "200ms"}}, "proxyProtocol": {}},
    "http10": {"http1": {"http10": {"useDefaultHost": True}}},
    "upgrades": {"http1": {"ignoredUpgradeTypes": [{"type": "Prefix", "value": "TLS/"}]}},
    "http2": {
        "http2": {
            "maxConcurrentStreams": 7,
            "initialStreamWindowSize": "128Ki",
            "initialConnectionWindowSize": "2Mi",
            "onInvalidMessage": "TerminateStream",
            "connectionKeepalive": {"interval": "100ms", "timeout": "50ms"},
        }
    },
    "health": {"healthCheck": {"path": "/ready"}},
    "alive": {"tcpKeepalive": {"probes": 3, "idleTime": "20m", "interval": "60s"}},
    "web": {"grpc": {"enableWeb": True}},
    "broken": {"headers": {"maxRequestHeaderLimit": "1"}},
}
HOST = "one.test"


pytestmark = pytest.mark.usefixtures("scene")


@pytest.fixture(scope="module")
def ports() -> dict[str, int]:
    return {name: free_port() for name in POLICIES}


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, ports: dict[str, int]) -> Iterator[Scene]:
    listeners = [{"name": name, "protocol": "HTTP", "port": port} for name, port in ports.items()]
    objects = [
        route("all", rule("web"), hostnames=(HOST, "two.test")),
        *(client_policy(name, spec, name) for name, spec in POLICIES.items()),
    ]
    with running(tmp_path_factory.mktemp("clients"), objects, listeners=listeners) as scene:
        yield scene


def client_policy(name: str, spec: dict[str, Any], section: str = "") -> Object:
    target = {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "edge"}
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "ClientTrafficPolicy",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"targetRefs": [target | ({"sectionName": section} if section else {})], **spec},
    }


@pytest.fixture
def get(scene: Scene, ports: dict[str, int]) -> Any:
    def get(listener: str, path: str = "/", headers: dict[str, str] | None = None, **options: Any) -> Any:
        return fetch(ports[listener], path, headers=headers or {}, **{"host": HOST} | options)

    return get


def seen(answer: Any) -> dict[str, str]:
    """The headers that the backend got."""
    found: dict[str, str] = answer.json["headers"]
    return found


FORWARDED = "203.0.113.7, 192.0.2.9"


@pytest.mark.parametrize(
    ("listener", "client", "addresses"),
    [("xff", "203.0.113.7", 3), ("xff-cidr", "203.0.113.7", 3), ("xff-silent", "192.0.2.9", 2)],
)
def test_the_client_address_behind_proxies(get: Any, listener: str, client: str, addresses: int) -> None:
    answer = get(listener, headers={"x-forwarded-for": FORWARDED})
    assert answer.headers["x-told"] == client
    assert len(seen(answer)["x-forwarded-for"].split(",")) == addresses


def test_no_proxy_is_trusted_usually(get: Any) -> None:
    answer = get("direct", headers={"x-forwarded-for": FORWARDED})
    assert answer.headers["x-told"] not in FORWARDED


def test_a_header_with_the_client_address_is_required(get: Any) -> None:
    assert get("header").status == 403
    answer = get("header", headers={"x-client": "203.0.113.7"})
    assert (answer.status, answer.headers["x-told"]) == (200, "203.0.113.7")


def test_proxy_protocol(get: Any, ports: dict[str, int]) -> None:
    request = f"GET / HTTP/1.1\r\nhost: {HOST}\r\nconnection: close\r\n\r\n".encode()
    proxied = b"PROXY TCP4 203.0.113.7 127.0.0.1 4711 80\r\n" + request
    for listener in ("proxied", "maybe-proxied"):
        answer = exchange(ports[listener], proxied)
        assert b'"x-forwarded-for": "203.0.113.7"' in answer, listener
    assert status_of(exchange(ports["maybe-proxied"], request)) == 200
    assert exchange(ports["proxied"], request) == b""
    assert exchange(ports["plain"], proxied).startswith(b"HTTP/1.1 400")


def test_a_client_that_says_nothing_is_waited_for_as_long_as_inspection_may_take(ports: dict[str, int]) -> None:
    assert exchange(ports["inspected"], b"") == b""


@pytest.mark.parametrize(
    ("listener", "path", "expected"),
    [
        ("plain", "/a%2Fb", 307),
        ("keep-slashes", "/a%2Fb", "/a%2Fb"),
        ("keep-slashes", "//a", "//a"),
        ("plain", "//a", "/a"),
        ("forward-slashes", "/a%2Fb", "/a/b"),
        ("refuse-slashes", "/a%2Fb", 400),
    ],
)
def test_paths(get: Any, listener: str, path: str, expected: str | int) -> None:
    answer = get(listener, path)
    assert (answer.json["path"] if answer.status == 200 else answer.status) == expected


def test_envoy_headers(get: Any) -> None:
    assert "x-envoy-upstream-service-time" in get("envoy-headers").headers
    assert "x-envoy-upstream-service-time" not in get("plain").headers


def test_names_with_underscores(get: Any) -> None:
    headers = {"a_b": "1"}
    assert get("plain", headers=headers).status == 400
    assert seen(get("underscores", headers=headers))["a_b"] == "1"
    assert "a_b" not in seen(get("drop-underscores", headers=headers))


def test_request_ids(get: Any) -> None:
    given = "11111111-2222-4333-8444-555555555555"
    of = {
        name: seen(get(name, headers={"x-request-id": given})).get("x-request-id")
        for name in POLICIES
        if "id" in name[-2:]
    }
    without = {name: seen(get(name)).get("x-request-id") for name in of}
    assert of["keep-id"] == of["keep-or-new-id"] == of["no-id"] == given
    assert of["new-id"] not in (None, given)
    assert (without["keep-id"], without["no-id"]) == (None, None)
    assert without["keep-or-new-id"]
    assert without["new-id"]


def test_early_changes_of_headers(get: Any) -> None:
    asked = {"x-set": "old", "x-add": "1", "x-gone": "1", "x-internal-a": "1"}
    headers = seen(get("early", headers=asked))
    assert (headers["x-set"], headers["x-add"], headers["x-absent"]) == ("new", "1,more", "filled")
    assert not {"x-gone", "x-internal-a"} & headers.keys()
    assert seen(get("early", headers={"x-absent": "mine"}))["x-absent"] == "mine"


def test_late_changes_of_headers(get: Any) -> None:
    for path in ("/", "/?status=500"):
        headers = get("late", path).headers
        assert headers["x-late"] == "1"
        assert "x-backend" not in headers


def test_a_dot_at_the_end_of_the_host(get: Any) -> None:
    assert (get("dot", host=f"{HOST}.").status, get("plain", host=f"{HOST}.").status) == (200, 404)


def test_the_size_of_headers(get: Any) -> None:
    headers = {"x-large": "a" * 4000}
    assert (get("small-headers", headers=headers).status, get("plain", headers=headers).status) == (431, 200)


HEAD = f"POST / HTTP/1.1\r\nhost: {HOST}\r\ncontent-length: 10\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("listener", "sent", "status"),
    [("slow-request", HEAD, 408), ("slow-headers", HEAD[:20], 408), ("idle", b"", 0), ("idle-stream", HEAD, 408)],
)
def test_timeouts(ports: dict[str, int], listener: str, sent: bytes, status: int) -> None:
    assert status_of(exchange(ports[listener], sent)) == status


def test_a_limit_of_connections(ports: dict[str, int]) -> None:
    with socket.create_connection(("127.0.0.1", ports["few"]), 10) as first:
        request = f"GET / HTTP/1.1\r\nhost: {HOST}\r\n\r\n".encode()
        first.sendall(request)
        assert status_of(read_answer(first)) == 200
        assert exchange(ports["few"], request) == b""


def test_connections_that_last_too_long(ports: dict[str, int]) -> None:
    assert exchange(ports["short"], b"") == b""


def test_one_request_a_connection(get: Any) -> None:
    assert get("once").headers["connection"] == "close"
    assert "connection" not in get("plain").headers


def test_requests_that_last_too_long(get: Any) -> None:
    assert get("short-stream", "/?delay=5").status in (408, 504)


def test_settings_of_sockets(scene: Scene, ports: dict[str, int]) -> None:
    dump = scene.fleet.envoy.config_dump()["configs"]
    listeners = {
        one["name"]: one["active_state"]["listener"] for part in dump for one in part.get("dynamic_listeners", ())
    }
    buffers = listeners[f"tcp-{ports['buffers']}"]
    assert buffers["per_connection_buffer_limit_bytes"] == 1024
    assert "max_connections_to_accept_per_socket_event" not in buffers
    options = {
        (one["level"], one["name"]): one["int_value"] for one in listeners[f"tcp-{ports['alive']}"]["socket_options"]
    }
    assert {int(value) for value in map(str, options.values()) if value.isdigit()} == {1, 3, 1200, 60}


def test_http_1_0(ports: dict[str, int]) -> None:
    assert status_of(exchange(ports["http10"], b"GET / HTTP/1.0\r\n\r\n")) == 200
    assert status_of(exchange(ports["plain"], b"GET / HTTP/1.0\r\n\r\n")) == 426


def test_upgrades_that_are_ignored(ports: dict[str, int]) -> None:
    asked = f"GET / HTTP/1.1\r\nhost: {HOST}\r\nconnection: upgrade\r\nupgrade: TLS/1.2\r\n\r\n".encode()
    assert status_of(exchange(ports["upgrades"], asked)) == 200
    assert status_of(exchange(ports["plain"], asked)) == 403


def test_http_2(ports: dict[str, int]) -> None:
    codes = h2.settings.SettingCodes
    found: dict[Any, int] = {}
    pings = 0
    connection = h2.connection.H2Connection(h2.config.H2Configuration())
    connection.initiate_connection()
    with socket.create_connection(("127.0.0.1", ports["http2"]), 10) as peer:
        peer.sendall(connection.data_to_send())
        while not found or not pings:
            received = peer.recv(65_536)
            assert received
            for event in connection.receive_data(received):
                if isinstance(event, h2.events.RemoteSettingsChanged):
                    found.update({code: change.new_value for code, change in event.changed_settings.items()})
                pings += isinstance(event, h2.events.PingReceived)
            peer.sendall(connection.data_to_send())
        window = connection.outbound_flow_control_window
    assert (found[codes.MAX_CONCURRENT_STREAMS], found[codes.INITIAL_WINDOW_SIZE]) == (7, 131_072)
    assert window == 2 * 1024 * 1024


def test_health_checks_by_clients(get: Any) -> None:
    answer = get("health", "/ready")
    assert (answer.status, backend_of(answer)) == (200, "")
    assert backend_of(get("health", "/ready/not")) == "web"
    assert backend_of(get("plain", "/ready")) == "web"


def test_grpc_web(get: Any, scene: Scene) -> None:
    told = {}
    for name in ("web", "plain"):
        get(name, headers={"content-type": "application/grpc-web"}, method="POST")
        told[name] = scene.backends["web"].requests[-1].headers["content-type"]
    assert told == {"web": "application/grpc", "plain": "application/grpc-web"}


def test_a_policy_with_an_error_makes_its_listener_fail(get: Any) -> None:
    assert get("broken").status == 500


def test_all_listeners_serve(get: Any) -> None:
    needs_more = {"header", "proxied", "inspected", "broken", "short"}
    for name in POLICIES.keys() - needs_more:
        assert eventually(lambda name=name: get(name).status == 200), name  # type: ignore[misc]  # bound at once
