"""Header modifiers of rules and of backends."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler import ir
from reconciler.translate import headers
from tests.translate.build import backend, rule
from tests.translate.decode import routes_of

SET, ADD = "OVERWRITE_IF_EXISTS_OR_ADD", "APPEND_IF_EXISTS_OR_ADD"


def option(key: str, value: str, action: str) -> dict[str, Any]:
    header = {"key": key, "value": value} if value else {"key": key}
    options = {"header": header, "keep_empty_value": True}
    return options if action == ADD else {**options, "append_action": action}


MUTATION = ir.HeaderMutation(set=(("X-Set", "1"), ("X-Empty", "")), add=(("X-Add", "2"),), remove=("X-Gone",))
OPTIONS = [option("X-Set", "1", SET), option("X-Empty", "", SET), option("X-Add", "2", ADD)]


def test_a_rule_changes_requests_and_responses() -> None:
    (route,) = routes_of(rule(request_headers=MUTATION, response_headers=MUTATION))
    for direction in ("request", "response"):
        assert route[f"{direction}_headers_to_add"] == OPTIONS
        assert route[f"{direction}_headers_to_remove"] == ["X-Gone"]


def test_a_redirect_keeps_its_response_headers() -> None:
    (route,) = routes_of(rule(action=ir.Redirect(scheme="https"), response_headers=MUTATION))
    assert route["response_headers_to_add"] == OPTIONS


def test_a_backend_changes_its_own_requests_and_responses() -> None:
    changing = backend(0, request_headers=MUTATION, response_headers=MUTATION)
    (route,) = routes_of(rule(action=ir.Forward((changing, backend(1)))))
    first, second = route["route"]["weighted_clusters"]["clusters"]
    assert first["request_headers_to_add"] == first["response_headers_to_add"] == OPTIONS
    assert first["request_headers_to_remove"] == ["X-Gone"]
    assert second == {"name": "httproute/default/shop/rule/0/backend/1", "weight": 1}


def test_a_rule_changes_requests_before_its_backends() -> None:
    of_rule = ir.HeaderMutation(set=(("X-Who", "rule"), ("X-Rule", "1")), add=(("X-All", "rule"), ("x-gone", "1")))
    of_backend = ir.HeaderMutation(set=(("x-who", "backend"),), add=(("X-All", "backend"),), remove=("X-Gone",))
    (route,) = routes_of(
        rule(action=ir.Forward((backend(0, request_headers=of_backend), backend(1))), request_headers=of_rule)
    )
    assert "request_headers_to_add" not in route
    first, second = route["route"]["weighted_clusters"]["clusters"]
    assert first["request_headers_to_add"] == [
        option("X-Rule", "1", SET),
        option("x-who", "backend", SET),
        option("X-All", "rule", ADD),
        option("X-All", "backend", ADD),
    ]
    assert first["request_headers_to_remove"] == ["X-Gone"]
    assert second["request_headers_to_add"] == [
        option("X-Who", "rule", SET),
        option("X-Rule", "1", SET),
        option("X-All", "rule", ADD),
        option("x-gone", "1", ADD),
    ]


def test_responses_are_changed_by_the_backend_first_as_envoy_does() -> None:
    (route,) = routes_of(
        rule(action=ir.Forward((backend(0, response_headers=MUTATION),)), response_headers=ir.HeaderMutation())
    )
    assert route["route"]["weighted_clusters"]["clusters"][0]["response_headers_to_add"] == OPTIONS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("100%", "100%%"),
        ("a%20b%20c", "a%%20b%%20c"),
        ("50%%", "50%%"),
        ("%REQ(:path)%", "%REQ(:path)%"),
        ("%REQ(X-A?:PATH):10%%", "%REQ(X-A?:PATH):10%%%"),
        ("%REQ()%", "%%REQ()%%"),
        ("%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%;%PROTOCOL%", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%;%PROTOCOL%"),
        ("%NO_SUCH_OPERATOR%", "%%NO_SUCH_OPERATOR%%"),
        ("%ENVIRONMENT(AWS_SECRET_ACCESS_KEY)%", "%%ENVIRONMENT(AWS_SECRET_ACCESS_KEY)%%"),
    ],
)
def test_percent_signs_are_text_unless_they_name_a_harmless_operator(text: str, expected: str) -> None:
    assert headers.value(text) == expected
