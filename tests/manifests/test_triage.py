"""Sorting documents by kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, FieldPath, Origin, Severity
from reconciler.manifests.load import triage
from reconciler.manifests.registry import KINDS
from tests.manifests.objects import make


@dataclass(frozen=True)
class Document:
    object: Any
    origin: Origin


def documents(*objects: object) -> list[Document]:
    return [Document(each, Origin(f"{index}.yaml")) for index, each in enumerate(objects)]


def other(api_version: str, kind: str, name: str = "a") -> dict[str, Any]:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}}


def reported(*objects: object) -> Diagnostic:
    (found,) = triage(documents(*objects)).diagnostics
    return found


def test_routes_are_apart_from_the_others() -> None:
    given_ = documents(make("HTTPRoute", spec={}), make("Service"), make("HTTPRoute", {"name": "b"}), make("Secret"))
    found = triage(given_)
    assert found.routes == (given_[0], given_[2])
    assert found.others == (given_[1], given_[3])
    assert found.diagnostics == ()


def test_the_kinds_of_routes() -> None:
    routes = {kind.name for kind in KINDS.values() if kind.route}
    assert routes == {"HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute"}


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.translated], ids=lambda kind: kind.name)
def test_what_is_translated_is_a_route_another_or_a_guardrail(kind: Any) -> None:
    given_ = documents(*(other(version, kind.name, str(n)) for n, version in enumerate(kind.api_versions)))
    found = triage(given_)
    kept = () if kind.guardrail else tuple(given_)  # guardrails are for reviews to load
    assert (found.routes if kind.route else found.others) == kept
    assert found.diagnostics == ()


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if not kind.translated], ids=lambda kind: kind.name)
def test_kinds_not_translated_are_one_warning_each(kind: Any) -> None:
    (api_version, *_) = kind.api_versions
    given_ = documents(other(api_version, kind.name), other(api_version, kind.name, "b"))
    (found,) = triage(given_).diagnostics
    assert (found.code, found.severity, found.origin) == ("GW108", Severity.WARNING, given_[0].origin)
    assert found.object == f"{kind.name} default/a"
    assert found.path == ("kind",)
    assert found.message == (
        f"{kind.name} ({api_version}): gitway does not translate this kind yet; 2 objects are skipped"
    )


def test_kinds_that_are_not_known_are_one_notice_each() -> None:
    objects = [other("apps/v1", "Deployment"), other("v1", "Pod"), other("apps/v1", "Deployment", "b")]
    found = triage(documents(*objects)).diagnostics
    assert [(each.code, each.severity, each.object, each.message) for each in found] == [
        (
            "GW107",
            "notice",
            "Deployment a",
            "Deployment (apps/v1): gitway does not know this kind; 2 objects are skipped",
        ),
        ("GW107", "notice", "Pod a", "Pod (v1): gitway does not know this kind; 1 object is skipped"),
    ]


@pytest.mark.parametrize(
    ("api_version", "kind", "help_"),
    [
        ("gateway.networking.k8s.i/v1", "HTTPRoute", 'Did you mean "gateway.networking.k8s.io/v1"?'),
        ("v1", "Sercret", 'Did you mean "Secret"?'),
        ("apps/v1", "Deployment", ""),
        ("networking.istio.io/v1", "Gateway", 'Did you mean "gateway.networking.k8s.io/v1"?'),
    ],
)
def test_a_kind_that_is_nearly_known_comes_with_a_hint(api_version: str, kind: str, help_: str) -> None:
    found = reported(other(api_version, kind))
    assert (found.code, found.help) == ("GW107", help_)


@pytest.mark.parametrize(
    ("raw", "code", "path", "words", "help_"),
    [
        ("text", "GW102", (), 'is "text"', ""),
        (
            {"services": {"web": {"image": "nginx"}}},
            "GW103",
            (),
            "not a Kubernetes object: it has neither apiVersion nor kind",
            "Name the folders with manifests by --path, or list the file in .gitwayignore.",
        ),
        ({"kind": "A"}, "GW103", (), "apiVersion: required", 'Add "apiVersion: gateway.networking.k8s.io/v1".'),
        ({"apiVersion": "v1"}, "GW103", (), "kind: required", 'Add "kind: HTTPRoute".'),
        (
            other("gateway.networking.k8s.io/v2", "HTTPRoute"),
            "GW106",
            ("apiVersion",),
            '"v2" is not a version of HTTPRoute',
            "Write gateway.networking.k8s.io/v1 or gateway.networking.k8s.io/v1beta1.",
        ),
        (
            other("gateway.networking.k8s.io/v1", "HttpRoutes"),
            "GW106",
            ("kind",),
            '"HttpRoutes" is not a kind of gateway.networking.k8s.io',
            'Did you mean "HTTPRoute"?',
        ),
        (
            other("gateway.envoyproxy.io/v1", "Backend"),
            "GW106",
            ("apiVersion",),
            '"v1" is not a version of Backend',
            "Write gateway.envoyproxy.io/v1alpha1.",
        ),
        (
            other("gateway.envoyproxy.io/v1alpha1", "HTTPRoute"),
            "GW106",
            ("apiVersion",),
            "HTTPRoute is not a kind of",
            "Write gateway.networking.k8s.io/v1 or gateway.networking.k8s.io/v1beta1.",
        ),
        (other("v2", "Service"), "GW106", ("apiVersion",), '"v2" is not a version of Service', "Write v1."),
        (other("v1", "EndpointSlice"), "GW106", ("apiVersion",), "EndpointSlice is not", "Write discovery.k8s.io/v1."),
        (
            other("discovery.k8s.io/v1beta1", "EndpointSlice"),
            "GW106",
            ("apiVersion",),
            '"v1beta1" is not a version',
            "Write discovery.k8s.io/v1.",
        ),
    ],
)
def test_mistakes(raw: object, code: str, path: FieldPath, words: str, help_: str) -> None:
    found = reported(raw)
    assert (found.code, found.severity, found.path, found.help) == (code, "error", path, help_)
    assert words in found.message


class TestDuplicates:
    def test_the_later_one_is_reported_and_left_out(self) -> None:
        given_ = documents(
            make("Service", spec={"ports": [{"port": 1}]}), make("Service", spec={"ports": [{"port": 2}]})
        )
        found = triage(given_)
        assert found.others == (given_[0],)
        (diagnostic,) = found.diagnostics
        assert (diagnostic.code, diagnostic.origin) == ("GW301", given_[1].origin)
        assert diagnostic.path == ("metadata", "name")
        assert diagnostic.message == "metadata.name: Service default/sample is already defined in 0.yaml"

    def test_in_one_file(self) -> None:
        secret = make("Secret")
        given_ = [Document(secret, Origin("a.yaml", 0)), Document(secret, Origin("a.yaml", 1))]
        assert "earlier in this file" in triage(given_).diagnostics[0].message

    def test_what_else_is_wrong_with_it_is_reported_too(self) -> None:
        found = triage(documents(make("HTTPRoute", spec={}), make("HTTPRoute", spec={"rule": []}))).diagnostics
        assert [each.code for each in found] == ["GW301", "GW101"]

    def test_versions_do_not_tell_objects_apart(self) -> None:
        route = make("HTTPRoute", spec={})
        assert reported(route, route | {"apiVersion": "gateway.networking.k8s.io/v1beta1"}).code == "GW301"

    def test_no_namespace_is_the_default_one(self) -> None:
        assert reported(make("Secret"), make("Secret", {"namespace": "default"})).code == "GW301"

    def test_the_namespace_of_what_is_of_the_cluster_does_not_count(self) -> None:
        assert reported(make("Namespace"), make("Namespace", {"namespace": "a"})).code == "GW301"

    @pytest.mark.parametrize(
        "objects",
        [
            (make("Secret"), make("Secret", {"name": "b"})),
            (make("Secret"), make("Secret", {"namespace": "b"})),
            (make("Secret"), make("ConfigMap")),
            (make("Secret", {"name": None}), make("Secret", {"name": None})),
            (make("Secret") | {"metadata": 1}, make("Secret") | {"metadata": 1}),
        ],
    )
    def test_what_is_none(self, objects: tuple[dict[str, Any], ...]) -> None:
        found = triage(documents(*objects))
        assert len(found.others) == 2
        assert found.diagnostics == ()


TEXT = st.sampled_from(
    ["v1", "Service", "gateway.networking.k8s.io/v1", "HTTPRoute", "GRPCRoute", "/", "a/b/c", "\ud800"]
)
ANY = st.none() | st.integers() | TEXT | st.lists(TEXT, max_size=1) | st.dictionaries(TEXT, TEXT, max_size=2)


@given(
    st.lists(
        ANY
        | st.fixed_dictionaries(
            {},
            optional={
                "apiVersion": ANY,
                "kind": ANY,
                "metadata": ANY | st.fixed_dictionaries({"name": ANY}, optional={"namespace": ANY}),
            },
        ),
        max_size=4,
    )
)
def test_nothing_raises(objects: list[object]) -> None:
    given_ = documents(*objects)
    found = triage(given_)
    assert len(found.routes) + len(found.others) <= len(given_)
    for each in found.diagnostics:
        (each.message + each.help + each.object).encode()
