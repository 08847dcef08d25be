"""Values of Secrets, filled into what a snapshot has of filters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from envoy.config.route.v3.route_pb2 import RouteConfiguration
from envoy.extensions.filters.http.api_key_auth.v3.api_key_auth_pb2 import ApiKeyAuthPerRoute
from envoy.extensions.filters.http.basic_auth.v3.basic_auth_pb2 import BasicAuthPerRoute
from envoy.extensions.filters.http.ext_authz.v3.ext_authz_pb2 import ExtAuthzPerRoute

from reconciler.snapshot.encode import encode
from reconciler.snapshot.fill import NOBODY, TEMPLATE, Filled, Source, fill, is_template
from reconciler.translate import messages as m
from reconciler.translate import security_messages as s
from reconciler.translate.templates import template

GOOD = "jo:{SHA}" + "A" * 27 + "="
OTHER = "al:{SHA}" + "B" * 27 + "="

USERS = template(s.BasicAuthPerRoute(), [Source("a/users", ".htpasswd")])
KEYS = template(s.ApiKeyAuthPerRoute(key_sources=[s.ApiKeySource(header="x")]), [Source("a/one"), Source("a/two")])
ASKED = template(
    m.ExtAuthzPerRoute(check_settings=m.ExtAuthzCheckSettings(context_extensions={"known": "1"})),
    [Source("a/token", "value", "secret")],
)


def configuration(*templates: Any) -> bytes:
    """A route for each."""
    routes = [
        m.Route(
            name=str(number),
            match=m.RouteMatch(prefix="/"),
            route=m.RouteAction(cluster="web"),
            typed_per_filter_config={"filter": each},
        )
        for number, each in enumerate(templates)
    ]
    host = m.VirtualHost(name="all", domains=["*"], routes=routes)
    return encode(m.RouteConfiguration(name="http-80", virtual_hosts=[host]))


def filled(*templates: Any, **secrets: Mapping[str, bytes]) -> tuple[Any, Filled]:
    """The routes as they come out."""
    made = fill(configuration(*templates), lambda secret: secrets.get(secret.partition("/")[2], {}))
    return RouteConfiguration.FromString(made.value).virtual_hosts[0].routes, made


def unpacked(route: Any, message: Any) -> Any:
    assert route.typed_per_filter_config["filter"].Unpack(message)
    return message


@pytest.mark.parametrize(
    ("text", "users", "problem"),
    [
        (f"{GOOD}\n{OTHER}", f"{GOOD}\n{OTHER}", ""),
        (f"# people\n\n  {GOOD}\r\n", GOOD, ""),
        (f"{GOOD}\n{GOOD}", GOOD, "1 lines are not new users"),
        (f"md5:$apr1$a$b\nplain:text\n{GOOD}", GOOD, "2 lines are not new users"),
        ("", NOBODY, "missing or empty"),
        ("\xff", NOBODY, "1 lines"),
    ],
)
def test_users(text: str, users: str, problem: str) -> None:
    (route,), made = filled(USERS, users={".htpasswd": text.encode("latin-1")})
    assert unpacked(route, BasicAuthPerRoute()).users.inline_string == users
    assert route.route.cluster == "web"
    assert problem in made.problems.get("a/users/.htpasswd", "")
    assert bool(made.problems) is bool(problem)


def test_without_the_secret_there_are_no_users() -> None:
    (route,), made = filled(USERS)
    assert unpacked(route, BasicAuthPerRoute()).users.inline_string == NOBODY
    assert made.problems == {"a/users/.htpasswd": "it is missing or empty"}
    assert made.sources == (Source("a/users", ".htpasswd"),)


def test_keys_of_clients() -> None:
    one = {"c2": b"k2\n", "c1": b"k1", "none": b" "}
    (route,), made = filled(KEYS, one=one, two={"c1": b"again", "c3": b"k2", "c4": b"k4"})
    message = unpacked(route, ApiKeyAuthPerRoute())
    assert [(each.client, each.key) for each in message.credentials] == [("c1", "k1"), ("c2", "k2"), ("c4", "k4")]
    assert message.key_sources[0].header == "x"
    assert made.problems.keys() == {"a/one", "a/two"}
    assert not any(value.decode() in problem for problem in made.problems.values() for value in (b"k1", b"k2", b"k4"))


def test_a_route_that_lacks_what_it_needs_answers_500() -> None:
    (good, bad), made = filled(USERS, ASKED)
    assert good.route.cluster == "web"
    assert (bad.direct_response.status, bad.HasField("route"), dict(bad.typed_per_filter_config)) == (500, False, {})
    assert "a/token/value" in made.problems
    (found,), _ = filled(ASKED, token={"value": b"t\n"})
    assert dict(unpacked(found, ExtAuthzPerRoute()).check_settings.context_extensions) == {"known": "1", "secret": "t"}
    (binary,), _ = filled(ASKED, token={"value": b"\xff"})
    assert binary.direct_response.status == 500


def test_what_somebody_else_has_stays_a_template() -> None:
    before = configuration(USERS)
    made = fill(before, lambda _: None)
    assert is_template(made.value)
    assert RouteConfiguration.FromString(made.value) == RouteConfiguration.FromString(before)


def test_text_is_never_taken_for_a_template() -> None:
    """Only what stands where filters are configured, and is of the right type, is filled."""
    text = m.Any(type_url="type.googleapis.com/google.protobuf.StringValue", value=USERS.value)
    config = configuration(text)
    body = m.Route(
        name="x",
        match=m.RouteMatch(prefix="/"),
        direct_response=m.DirectResponseAction(status=200, body=m.DataSource(inline_bytes=encode(USERS))),
    )
    said = encode(m.RouteConfiguration(virtual_hosts=[m.VirtualHost(name="a", domains=["*"], routes=[body])]))
    for value in (config, said):
        assert is_template(value)
        made = fill(value, lambda _: {".htpasswd": GOOD.encode()})
        assert RouteConfiguration.FromString(made.value) == RouteConfiguration.FromString(value)
        assert made.sources == ()


def test_most_resources_have_nothing_to_fill() -> None:
    assert not is_template(configuration())
    assert TEMPLATE.encode() in configuration(USERS)
