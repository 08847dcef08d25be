"""Redirects, direct responses, and what forwarding adds beside its destination."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from reconciler.translate.routes import translate
from tests.translate.build import RULE, backend, rule, unit
from tests.translate.decode import clusters, endpoints, routes, routes_of

HTTPS = "infra/gateway/https"


def redirect(action: ir.Redirect, host: str = "*", port: int = 80, table: str = "") -> dict[str, Any]:
    (route,) = routes_of(rule(action=action), host, port=port, table=table)
    found: dict[str, Any] = route["redirect"]
    found.pop("response_code", None)
    return found


@pytest.mark.parametrize(
    ("status", "code"),
    [(301, None), (302, "FOUND"), (303, "SEE_OTHER"), (307, "TEMPORARY_REDIRECT"), (308, "PERMANENT_REDIRECT")],
)
def test_redirect_status(status: int, code: str | None) -> None:
    (route,) = routes_of(rule(action=ir.Redirect(status)))
    assert route["redirect"].get("response_code") == code


@pytest.mark.parametrize(
    ("port", "table", "action", "expected"),
    [
        (80, "", ir.Redirect(), {}),
        (80, "", ir.Redirect(port=80), {}),
        (80, "", ir.Redirect(port=8080), {"port_redirect": 8080}),
        (80, "", ir.Redirect(scheme="https"), {"scheme_redirect": "https"}),
        (80, "", ir.Redirect(scheme="https", port=443), {"scheme_redirect": "https"}),
        (80, "", ir.Redirect(scheme="https", port=8443), {"scheme_redirect": "https", "port_redirect": 8443}),
        (80, "", ir.Redirect(scheme="http", port=443), {"scheme_redirect": "http", "port_redirect": 443}),
        (8080, "", ir.Redirect(), {"port_redirect": 8080}),
        (443, HTTPS, ir.Redirect(), {}),
        (443, HTTPS, ir.Redirect(port=443), {}),
        (443, HTTPS, ir.Redirect(port=80), {"port_redirect": 80}),
        (443, HTTPS, ir.Redirect(scheme="http"), {"scheme_redirect": "http"}),
        (443, HTTPS, ir.Redirect(scheme="http", port=8080), {"scheme_redirect": "http", "port_redirect": 8080}),
        (443, "", ir.Redirect(), {"port_redirect": 443}),
    ],
)
def test_redirect_port(port: int, table: str, action: ir.Redirect, expected: dict[str, Any]) -> None:
    assert redirect(action, port=port, table=table) == expected


@pytest.mark.parametrize(
    ("host", "action", "expected"),
    [
        ("*", ir.Redirect(port=80, hostname="new.example"), {"host_redirect": "new.example"}),
        ("shop.example", ir.Redirect(port=80), {"host_redirect": "shop.example"}),
        (
            "shop.example",
            ir.Redirect(scheme="https"),
            {"scheme_redirect": "https", "host_redirect": "shop.example"},
        ),
        ("*.example", ir.Redirect(scheme="https"), {"scheme_redirect": "https", "port_redirect": 443}),
        ("*", ir.Redirect(port=80), {"port_redirect": 80}),
    ],
)
def test_the_port_of_the_host_header_does_not_survive_a_redirect_to_a_well_known_one(
    host: str, action: ir.Redirect, expected: dict[str, Any]
) -> None:
    """On port 8080 the `Host` header has a port, which Envoy would keep."""
    assert redirect(action, host, port=8080) == expected


def test_a_redirect_is_made_for_each_listener() -> None:
    route = unit(
        rule(action=ir.Redirect()),
        placements=(ir.Placement("f", "http-80", ("*",), 80), ir.Placement("f", "http-8080", ("*",), 8080)),
    )
    translated = translate(route)
    assert "port_redirect" not in routes(translated, "http-80")[0]["redirect"]
    assert routes(translated, "http-8080")[0]["redirect"]["port_redirect"] == 8080


def test_direct_response() -> None:
    route = translate(unit(rule(action=ir.DirectResponse(418, "grüß dich"))))
    assert routes(route)[0]["direct_response"] == {"status": 418, "body": {"inline_string": "grüß dich"}}
    assert route.longest_body == len("grüß dich".encode())
    assert route.clusters == route.endpoints == ()


def test_forwarding_allows_websockets() -> None:
    (route,) = routes_of(rule())
    assert route["route"] == {"cluster": RULE, "upgrade_configs": [{"upgrade_type": "websocket"}]}


def test_a_new_host_name_leaves_the_old_one_in_a_header() -> None:
    (route,) = routes_of(rule(action=ir.Forward((backend(),), rewrite=ir.Rewrite(hostname="inner.example"))))
    assert route["route"]["host_rewrite_literal"] == "inner.example"
    assert route["route"]["append_x_forwarded_host"] is True


@pytest.mark.parametrize(
    ("timeouts", "expected"),
    [
        (ir.Timeouts(), (None, None)),
        (ir.Timeouts(request_ms=500), ("0.500s", "3600s")),
        (ir.Timeouts(request_ms=7_200_000), ("7200s", "7200s")),
        (ir.Timeouts(request_ms=0), ("0s", "0s")),
        (ir.Timeouts(backend_request_ms=100), ("0.100s", "3600s")),
        (ir.Timeouts(backend_request_ms=0), ("0s", "0s")),
        (ir.Timeouts(request_ms=500, backend_request_ms=100), ("0.100s", "3600s")),
        (ir.Timeouts(request_ms=500, backend_request_ms=0), ("0.500s", "3600s")),
        (ir.Timeouts(request_ms=0, backend_request_ms=100), ("0.100s", "3600s")),
    ],
)
def test_timeouts(timeouts: ir.Timeouts, expected: tuple[str | None, str | None]) -> None:
    (route,) = routes_of(rule(action=ir.Forward((backend(),), timeouts=timeouts)))
    assert (route["route"].get("timeout"), route["route"].get("idle_timeout")) == expected


def retried(retry: ir.Retry, timeouts: ir.Timeouts = ir.Timeouts()) -> dict[str, Any]:  # noqa: B008
    (route,) = routes_of(rule(action=ir.Forward((backend(),), timeouts=timeouts, retry=retry)))
    found: dict[str, Any] = route["route"]
    return found


def test_retries() -> None:
    policy = retried(ir.Retry((500, 503), 4, 250))["retry_policy"]
    (predicate,) = policy.pop("retry_host_predicate")
    assert predicate["name"] == "envoy.retry_host_predicates.previous_hosts"
    assert policy == {
        "retry_on": "connect-failure,refused-stream,reset,unavailable,cancelled,retriable-status-codes",
        "num_retries": 4,
        "host_selection_retry_max_attempts": "5",
        "retriable_status_codes": [500, 503],
        "retry_back_off": {"base_interval": "0.250s"},
    }


@pytest.mark.parametrize(("attempts", "expected"), [(0, 2), (1, 1), (2**40, 2**32 - 1)])
def test_a_retry_without_settings(attempts: int, expected: int) -> None:
    policy = retried(ir.Retry(attempts=attempts))["retry_policy"]
    assert (policy["num_retries"], policy["retriable_status_codes"]) == (expected, [503])
    assert "retry_back_off" not in policy


@pytest.mark.parametrize(
    ("timeouts", "whole", "attempt"),
    [
        (ir.Timeouts(), None, None),
        (ir.Timeouts(request_ms=500), "0.500s", None),
        (ir.Timeouts(backend_request_ms=100), "0s", "0.100s"),
        (ir.Timeouts(request_ms=500, backend_request_ms=100), "0.500s", "0.100s"),
        (ir.Timeouts(request_ms=500, backend_request_ms=0), "0.500s", None),
        (ir.Timeouts(request_ms=0, backend_request_ms=100), "0s", "0.100s"),
    ],
)
def test_timeouts_of_attempts(timeouts: ir.Timeouts, whole: str | None, attempt: str | None) -> None:
    found = retried(ir.Retry(), timeouts)
    assert (found.get("timeout"), found["retry_policy"].get("per_try_timeout")) == (whole, attempt)


def test_grpc_calls_last_as_long_as_their_caller_says_and_are_not_upgraded() -> None:
    (route,) = routes_of(rule(action=ir.Forward((backend(protocol=ir.Protocol.H2C),), grpc=True)))
    assert route["route"] == {
        "cluster": RULE,
        "timeout": "0s",
        "idle_timeout": "0s",
        "max_stream_duration": {"grpc_timeout_header_max": "0s"},
    }


@pytest.mark.parametrize(
    "action",
    [
        ir.Forward((), grpc=True),
        ir.Forward((backend(endpoints=()),), grpc=True),
    ],
)
def test_grpc_calls_without_a_backend_are_unavailable(action: ir.Forward) -> None:
    (route,) = routes_of(rule(action=action))
    assert route["direct_response"]["status"] == 503


def test_the_share_of_invalid_backends_of_grpc_is_unavailable() -> None:
    (route,) = routes_of(rule(action=ir.Forward((backend(),), 1, grpc=True)))
    # SERVICE_UNAVAILABLE is the value that is not written.
    assert route["route"].get("cluster_not_found_response_code", "SERVICE_UNAVAILABLE") == "SERVICE_UNAVAILABLE"


@pytest.mark.parametrize(
    ("numerator", "denominator", "expected"),
    [
        (100, 100, {"numerator": 100}),
        (25, 100, {"numerator": 25}),
        (1, 10_000, {"numerator": 1, "denominator": "TEN_THOUSAND"}),
        (5, 1_000_000, {"numerator": 5, "denominator": "MILLION"}),
        (1, 3, {"numerator": 333_333, "denominator": "MILLION"}),
        (1, 2_000_000_000, {"numerator": 1, "denominator": "MILLION"}),
    ],
)
def test_mirror(numerator: int, denominator: int, expected: dict[str, Any]) -> None:
    mirror = ir.Mirror(3, backend(0), numerator, denominator)
    translated = translate(unit(rule(action=ir.Forward((backend(),), mirrors=(mirror,)))))
    (policy,) = routes(translated)[0]["route"]["request_mirror_policies"]
    name = f"{RULE}-mirror-3"
    assert policy == {
        "cluster": name,
        "runtime_fraction": {"default_value": expected},
        "disable_shadow_host_suffix_append": True,
    }
    assert set(clusters(translated)) == set(endpoints(translated)) == {RULE, name}


def test_a_mirror_for_no_request_is_none() -> None:
    mirrors = (ir.Mirror(0, backend(0), 0), ir.Mirror(1, backend(0)))
    translated = translate(unit(rule(action=ir.Forward((backend(),), mirrors=mirrors))))
    policies = routes(translated)[0]["route"]["request_mirror_policies"]
    assert [policy["cluster"] for policy in policies] == [f"{RULE}-mirror-1"]
    assert set(clusters(translated)) == {RULE, f"{RULE}-mirror-1"}
