"""Loading: defaults, JSON's types, metadata, and diagnostics in plain words."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.diagnostics import Diagnostic, FieldPath
from reconciler.manifests.base import Loaded
from reconciler.manifests.httproute import HTTPRoute
from reconciler.manifests.load import load
from reconciler.manifests.registry import KINDS, SERVED, model
from reconciler.manifests.structure import fields_of
from tests.manifests.objects import API_VERSIONS, ORIGIN, accept, make, refusal, refuse

SPECS: dict[str, dict[str, Any]] = {
    "GatewayClass": {"spec": {"controllerName": "example.com/controller"}},
    "Gateway": {"spec": {"gatewayClassName": "a", "listeners": [{"name": "a", "port": 80, "protocol": "HTTP"}]}},
    "HTTPRoute": {"spec": {}},
    "ReferenceGrant": {
        "spec": {"from": [{"group": "", "kind": "A", "namespace": "a"}], "to": [{"group": "", "kind": "Service"}]}
    },
    "GRPCRoute": {"spec": {}},
    "TLSRoute": {"spec": {"hostnames": ["a.example"], "rules": [{"backendRefs": [{"name": "a", "port": 443}]}]}},
    "TCPRoute": {"spec": {"rules": [{"backendRefs": [{"name": "a", "port": 5432}]}]}},
    "UDPRoute": {"spec": {"rules": [{"backendRefs": [{"name": "a", "port": 53}]}]}},
    "ListenerSet": {"spec": {"parentRef": {"name": "a"}, "listeners": [{"name": "a", "port": 80, "protocol": "HTTP"}]}},
    "BackendTLSPolicy": {
        "spec": {
            "targetRefs": [{"group": "", "kind": "Service", "name": "a"}],
            "validation": {"hostname": "a.example", "wellKnownCACertificates": "System"},
        }
    },
    "Backend": {"spec": {}},
    "BackendTrafficPolicy": {
        "spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "a"}]}
    },
    "HTTPRouteFilter": {"spec": {}},
    "ValidatingAdmissionPolicy": {
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["httproutes"]}
                ]
            },
            "validations": [{"expression": "true"}],
        }
    },
    "ValidatingAdmissionPolicyBinding": {"spec": {"policyName": "p", "validationActions": ["Deny"]}},
    "XdsPolicy": {"spec": {"types": ["Cluster"], "validations": [{"expression": "true"}]}},
    "SecurityPolicy": {
        "spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "a"}]}
    },
    "EnvoyExtensionPolicy": {
        "spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "a"}]}
    },
    "ClientTrafficPolicy": {
        "spec": {"targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "a"}]}
    },
    "EnvoyPatchPolicy": {
        "spec": {
            "type": "JSONPatch",
            "targetRef": {"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "a"},
        }
    },
    "EnvoyProxy": {"spec": {}},
    "Namespace": {},
    "Service": {"spec": {"ports": [{"port": 80}]}},
    "Secret": {},
    "ConfigMap": {},
    "EndpointSlice": {"addressType": "IPv4"},
}

OF_THE_CLUSTER = {
    *("GatewayClass", "Namespace"),
    *("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding", "XdsPolicy"),
}


def sample(kind: str, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    return make(kind, metadata, **deepcopy(SPECS[kind]))


@pytest.mark.parametrize(("api_version", "kind"), [key for key, kind in SERVED.items() if kind.modelled])
def test_every_served_version_is_accepted(api_version: str, kind: str) -> None:
    resource = accept(sample(kind) | {"apiVersion": api_version})
    assert isinstance(resource, model(SERVED[api_version, kind]))
    assert (resource.api_version, resource.kind) == (api_version, kind)


def test_every_modelled_kind_is_tested() -> None:
    assert {kind.name for kind in KINDS.values() if kind.modelled} == SPECS.keys() == API_VERSIONS.keys()


class TestDefaults:
    def test_of_httproute(self) -> None:
        route = accept(
            make(
                "HTTPRoute",
                spec={
                    "parentRefs": [{"name": "a"}],
                    "rules": [{"backendRefs": [{"name": "b", "port": 1}]}, {"matches": [{}]}],
                },
            )
        )
        assert isinstance(route, HTTPRoute)
        (parent,) = route.spec.parent_refs
        assert (parent.group, parent.kind) == ("gateway.networking.k8s.io", "Gateway")
        assert (parent.namespace, parent.section_name, parent.port) == (None, None, None)
        for rule in route.spec.rules:
            (match,) = rule.matches
            assert (match.path.type, match.path.value, match.method) == ("PathPrefix", "/", None)
            assert (match.headers, match.query_params) == ([], [])
        (backend,) = route.spec.rules[0].backend_refs
        assert (backend.group, backend.kind, backend.weight, backend.filters) == ("", "Service", 1, [])
        assert route.spec.rules[1].backend_refs == []
        assert route.spec.hostnames == []

    def test_of_an_empty_httproute(self) -> None:
        (rule,) = accept(make("HTTPRoute", spec={})).spec.rules
        assert [match.path.value for match in rule.matches] == ["/"]
        assert rule.filters == rule.backend_refs == []
        assert rule.name is None

    def test_matches_that_are_given_empty_stay_empty(self) -> None:
        (rule,) = accept(make("HTTPRoute", spec={"rules": [{"matches": []}]})).spec.rules
        assert rule.matches == []

    def test_of_gateway(self) -> None:
        gateway = accept(sample("Gateway"))
        (listener,) = gateway.spec.listeners
        assert listener.allowed_routes.namespaces.from_ == "Same"
        assert listener.allowed_routes.kinds == []
        assert (listener.tls, listener.hostname, gateway.spec.addresses) == (None, None, [])

    def test_of_grpcroute(self) -> None:
        assert accept(sample("GRPCRoute")).spec.rules == []
        backend = {"name": "a", "port": 1}
        filters = [{"type": "RequestMirror", "requestMirror": {"backendRef": backend, "fraction": {"numerator": 1}}}]
        rules = [{"matches": [{}, {"method": {"service": "a"}}], "filters": filters, "backendRefs": [backend]}, {}]
        first, second = accept(make("GRPCRoute", spec={"rules": rules})).spec.rules
        assert (first.matches[0].method, first.matches[0].headers) == (None, [])
        assert (first.matches[1].method.type, first.matches[1].method.method) == ("Exact", None)
        assert first.filters[0].request_mirror.fraction.denominator == 100
        assert (first.backend_refs[0].kind, first.backend_refs[0].weight) == ("Service", 1)
        assert second.matches == second.filters == second.backend_refs == []
        assert (second.name, second.session_persistence) == (None, None)

    @pytest.mark.parametrize("kind", ["TLSRoute", "TCPRoute", "UDPRoute"])
    def test_of_routes_of_connections_and_datagrams(self, kind: str) -> None:
        spec = accept(sample(kind)).spec
        (backend,) = spec.rules[0].backend_refs
        assert (backend.group, backend.kind, backend.namespace, backend.weight) == ("", "Service", None, 1)
        assert (spec.parent_refs, spec.use_default_gateways, spec.rules[0].name) == ([], None, None)

    def test_of_listenerset(self) -> None:
        spec = accept(sample("ListenerSet")).spec
        parent = spec.parent_ref
        assert (parent.group, parent.kind, parent.namespace) == ("gateway.networking.k8s.io", "Gateway", None)
        assert spec.listeners[0].allowed_routes.namespaces.from_ == "Same"

    def test_of_backendtlspolicy(self) -> None:
        spec = accept(sample("BackendTLSPolicy")).spec
        assert (spec.options, spec.target_refs[0].section_name) == ({}, None)
        assert (spec.validation.ca_certificate_refs, spec.validation.subject_alt_names) == ([], [])
        assert spec.validation.well_known_ca_certificates == "System"

    def test_of_allowed_routes_without_namespaces(self) -> None:
        raw = sample("Gateway")
        raw["spec"]["listeners"] = [raw["spec"]["listeners"][0] | {"allowedRoutes": {"kinds": [{"kind": "HTTPRoute"}]}}]
        (listener,) = accept(raw).spec.listeners
        assert listener.allowed_routes.namespaces.from_ == "Same"
        assert listener.allowed_routes.kinds[0].group == "gateway.networking.k8s.io"


class TestMetadata:
    @pytest.mark.parametrize("kind", sorted(API_VERSIONS))
    def test_namespace(self, kind: str) -> None:
        namespaced = kind not in OF_THE_CLUSTER
        assert accept(sample(kind)).metadata.namespace == ("default" if namespaced else "")
        assert accept(sample(kind, {"namespace": ""})).metadata.namespace == ("default" if namespaced else "")
        # The API server clears the namespace of what is of the whole cluster.
        assert accept(sample(kind, {"namespace": "a"})).metadata.namespace == ("a" if namespaced else "")

    @pytest.mark.parametrize("kind", sorted(API_VERSIONS))
    def test_title(self, kind: str) -> None:
        prefix = "" if kind in OF_THE_CLUSTER else "default/"
        assert accept(sample(kind)).title == f"{kind} {prefix}sample"

    def test_everything_of_object_meta_is_accepted(self) -> None:
        metadata = {
            "namespace": "a",
            "generateName": "s-",
            "uid": "1",
            "resourceVersion": "2",
            "selfLink": "/",
            "generation": 3,
            "creationTimestamp": "2026-01-31T12:00:00Z",
            "deletionTimestamp": None,
            "deletionGracePeriodSeconds": 1,
            "finalizers": ["a.example/b"],
            "ownerReferences": [{"apiVersion": "v1", "kind": "A", "name": "a", "uid": "1"}],
            "managedFields": [{}],
            "labels": {"a.example/b": "c", "d": ""},
            "annotations": {"A.Example/b": "any text\n"},
        }
        found = accept(sample("HTTPRoute", metadata)).metadata
        assert found.labels == metadata["labels"]
        assert found.annotations == metadata["annotations"]
        assert found.generation == 3

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            (None, ""),
            ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
            ("2026-01-31T12:00:00.5Z", "2026-01-31T12:00:00Z"),
            ("2026-01-31T00:30:00+01:00", "2026-01-30T23:30:00Z"),
        ],
    )
    def test_times_are_read_as_utc(self, written: str | None, read: str) -> None:
        assert accept(sample("HTTPRoute", {"creationTimestamp": written})).metadata.creation_timestamp == read

    @pytest.mark.parametrize(
        "value", ["", "yesterday", "2026-01-31", "2026-02-30T12:00:00Z", "0001-01-01T00:00:00+23:59", 7]
    )
    def test_what_is_no_time_is_refused(self, value: object) -> None:
        code, path, message, _ = refusal(sample("HTTPRoute", {"creationTimestamp": value}))
        assert (code, path) == ("GW109", ("metadata", "creationTimestamp"))
        assert message.startswith("metadata.creationTimestamp: must be a time as in RFC 3339")

    @pytest.mark.parametrize(
        ("kind", "metadata", "path", "words"),
        [
            ("HTTPRoute", {"name": "A"}, ("name",), "lower case"),
            ("HTTPRoute", {"name": "a" * 254}, ("name",), "at most 253 characters"),
            ("HTTPRoute", {"name": ""}, ("name",), "must not be empty"),
            ("Namespace", {"name": "a.b"}, ("name",), "DNS label"),
            ("Service", {"name": "1a"}, ("name",), "begins with a letter"),
            ("Service", {"name": "a" * 64}, ("name",), "at most 63"),
            ("HTTPRoute", {"namespace": "a.b"}, ("namespace",), "DNS label"),
            ("HTTPRoute", {"labels": {"a b": "c"}}, ("labels", "a b"), "must be a name such as"),
            ("HTTPRoute", {"labels": {f"{'a' * 254}/b": "c"}}, ("labels", f"{'a' * 254}/b"), "at most 253"),
            ("HTTPRoute", {"labels": {"a": "-"}}, ("labels", "a"), "beginning and ending"),
            ("HTTPRoute", {"annotations": {"a b": "c"}}, ("annotations", "a b"), "the key must be a name"),
            ("HTTPRoute", {"annotations": {"a": "b" * 2**18}}, ("annotations",), "at most 262144 bytes"),
        ],
    )
    def test_mistakes(self, kind: str, metadata: dict[str, Any], path: FieldPath, words: str) -> None:
        code, found, message, _ = refusal(sample(kind, metadata))
        assert (code, found) == ("GW109", ("metadata", *path))
        assert words in message

    @pytest.mark.parametrize(("kind", "name"), [("HTTPRoute", "1.a-b"), ("Namespace", "1a"), ("Secret", "a.b")])
    def test_names(self, kind: str, name: str) -> None:
        assert accept(sample(kind, {"name": name})).metadata.name == name

    def test_the_mark_of_a_wrong_key_is_on_the_key(self) -> None:
        (found,) = refuse(sample("HTTPRoute", {"labels": {"a b": "c"}}))
        assert found.on_key


class TestNull:
    """A field that is null is absent, as in the API server."""

    def test_where_there_is_a_default(self) -> None:
        raw = make(
            "HTTPRoute",
            spec={
                "hostnames": None,
                "rules": [{"matches": None, "backendRefs": [{"name": "a", "port": 1, "weight": None}]}],
            },
        )
        (rule,) = accept(raw).spec.rules
        assert len(rule.matches) == 1
        assert rule.backend_refs[0].weight == 1
        assert raw["spec"]["hostnames"] is None

    def test_where_it_is_required(self) -> None:
        spec = {"parentRefs": [{"name": None}]}
        code, path, message, _ = refusal(make("HTTPRoute", spec=spec))
        assert (code, path) == ("GW103", ("spec", "parentRefs", 0))
        assert message == "spec.parentRefs[0].name: required, but missing"

    def test_in_a_list_it_is_wrong(self) -> None:
        code, path, message, _ = refusal(make("HTTPRoute", spec={"hostnames": [None]}))
        assert (code, path, message) == ("GW102", ("spec", "hostnames", 0), "spec.hostnames[0]: must be text; is null")

    def test_in_an_unknown_field_it_is_unknown(self) -> None:
        assert refusal(make("HTTPRoute", spec={"hostname": None}))[0] == "GW101"

    def test_it_does_not_hide_other_mistakes(self) -> None:
        found = refuse(make("HTTPRoute", spec={"hostnames": None, "parentRefs": [{}], "x": 1}))
        assert [each.code for each in found] == ["GW103", "GW101"]


MISTAKES: list[tuple[dict[str, Any], str, FieldPath, str, str]] = [
    (
        {"rules": [{"backendRef": []}]},
        "GW101",
        ("spec", "rules", 0, "backendRef"),
        "spec.rules[0].backendRef: unknown field",
        'Did you mean "backendRefs"?',
    ),
    ({"Hostnames": []}, "GW101", ("spec", "Hostnames"), "spec.Hostnames: unknown field", 'Did you mean "hostnames"?'),
    (
        {"rules": [{"filters": [{"type": "URLRewrite", "urlRewrite": {"xyz": 1}}]}]},
        "GW101",
        ("spec", "rules", 0, "filters", 0, "urlRewrite", "xyz"),
        "spec.rules[0].filters[0].urlRewrite.xyz: unknown field",
        "The fields known here are hostname, path.",
    ),
    (
        {"hostnames": [8]},
        "GW102",
        ("spec", "hostnames", 0),
        "spec.hostnames[0]: must be text; is 8",
        'Write it in quotes: "8".',
    ),
    (
        {"parentRefs": [{"name": "a", "port": "8080"}]},
        "GW102",
        ("spec", "parentRefs", 0, "port"),
        'spec.parentRefs[0].port: must be a whole number; is "8080"',
        "Write it without quotes: 8080.",
    ),
    (
        {"parentRefs": [{"name": "a", "port": True}]},
        "GW102",
        ("spec", "parentRefs", 0, "port"),
        "spec.parentRefs[0].port: must be a whole number; is true",
        "",
    ),
    (
        {"parentRefs": [{"name": "a", "port": 80.5}]},
        "GW102",
        ("spec", "parentRefs", 0, "port"),
        "spec.parentRefs[0].port: must be a whole number; is 80.5",
        "",
    ),
    (
        {"parentRefs": {"name": "a"}},
        "GW102",
        ("spec", "parentRefs"),
        "spec.parentRefs: must be a list; is a mapping",
        'Begin each entry with "- ".',
    ),
    (
        {"parentRefs": ["a"]},
        "GW102",
        ("spec", "parentRefs", 0),
        'spec.parentRefs[0]: must be a mapping; is "a"',
        "",
    ),
    (
        {"rules": [{"backendRefs": [{"port": 1}]}]},
        "GW103",
        ("spec", "rules", 0, "backendRefs", 0),
        "spec.rules[0].backendRefs[0].name: required, but missing",
        "Add it.",
    ),
    (
        {"rules": [{"matches": [{"path": {"type": "prefix"}}]}]},
        "GW104",
        ("spec", "rules", 0, "matches", 0, "path", "type"),
        'spec.rules[0].matches[0].path.type: must be one of Exact, PathPrefix, RegularExpression; is "prefix"',
        'Did you mean "PathPrefix"?',
    ),
    (
        {"rules": [{"filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 418}}]}]},
        "GW104",
        ("spec", "rules", 0, "filters", 0, "requestRedirect", "statusCode"),
        "spec.rules[0].filters[0].requestRedirect.statusCode: must be one of 301, 302, 303, 307, 308; is 418",
        "",
    ),
    (
        {"parentRefs": [{"name": "a", "port": 70000}]},
        "GW104",
        ("spec", "parentRefs", 0, "port"),
        "spec.parentRefs[0].port: must be at most 65535; is 70000",
        "",
    ),
    (
        {"parentRefs": [{"name": "a", "port": 0}]},
        "GW104",
        ("spec", "parentRefs", 0, "port"),
        "spec.parentRefs[0].port: must be at least 1; is 0",
        "",
    ),
    (
        {"rules": []},
        "GW104",
        ("spec", "rules"),
        "spec.rules: must not be empty",
        "",
    ),
    (
        {"hostnames": ["a"] * 17},
        "GW104",
        ("spec", "hostnames"),
        "spec.hostnames: must have at most 16 entries; has 17",
        "",
    ),
    (
        {"hostnames": ["A.example"]},
        "GW104",
        ("spec", "hostnames", 0),
        (
            'spec.hostnames[0]: must be a DNS name in lower case: letters, digits, "-" and ".", such as'
            ' "shop.example.com", without a port; "*." may stand at its beginning; is "A.example"'
        ),
        "",
    ),
    (
        {"rules": [{"timeouts": {"request": "1.5s"}}]},
        "GW104",
        ("spec", "rules", 0, "timeouts", "request"),
        (
            'spec.rules[0].timeouts.request: must be a duration such as "10s", "500ms" or "1m30s": whole numbers of'
            ' h, m, s or ms; is "1.5s"'
        ),
        "",
    ),
]


@pytest.mark.parametrize(
    ("spec", "code", "path", "message", "help_"), MISTAKES, ids=[case[3][:70] for case in MISTAKES]
)
def test_mistakes_in_plain_words(spec: dict[str, Any], code: str, path: FieldPath, message: str, help_: str) -> None:
    assert refusal(make("HTTPRoute", spec=spec)) == (code, path, message, help_)
    (found,) = refuse(make("HTTPRoute", spec=spec))
    assert found.on_key is (code == "GW101")


def test_whole_numbers_may_be_written_as_floats() -> None:
    (parent,) = accept(make("HTTPRoute", spec={"parentRefs": [{"name": "a", "port": 80.0}]})).spec.parent_refs
    assert parent.port == 80
    assert isinstance(parent.port, int)


@pytest.mark.parametrize("value", [10**30, -(10**30), 1e300, 2**31])
def test_numbers_that_no_integer_type_holds(value: float) -> None:
    mirror = {"backendRef": {"name": "a", "port": 1}, "fraction": {"numerator": 1, "denominator": value}}
    assert refuse(
        make("HTTPRoute", spec={"rules": [{"filters": [{"type": "RequestMirror", "requestMirror": mirror}]}]})
    )


@pytest.mark.parametrize(
    ("raw", "code", "path", "words"),
    [
        ("text", "GW102", (), 'is "text"'),
        (None, "GW102", (), "is null"),
        ([], "GW102", (), "is a list"),
        ({}, "GW103", (), "neither apiVersion nor kind"),
        ({"kind": "Service"}, "GW103", (), "apiVersion: required"),
        ({"apiVersion": "v1"}, "GW103", (), "kind: required"),
        ({"apiVersion": 1, "kind": "Service"}, "GW102", ("apiVersion",), "must be text; is 1"),
        ({"apiVersion": "v1", "kind": ["Service"]}, "GW102", ("kind",), "must be text; is a list"),
        ({"apiVersion": "a/b/c", "kind": "A"}, "GW106", ("apiVersion",), "GROUP/VERSION"),
        ({"apiVersion": "apps/v1", "kind": "Deployment"}, "GW106", ("kind",), "does not read Deployment"),
        ({"apiVersion": "v1", "kind": "Secret"}, "GW103", (), "metadata: required"),
        ({"apiVersion": "v1", "kind": "Secret", "metadata": {}}, "GW103", ("metadata",), "metadata.name: required"),
        (
            {"apiVersion": "v1", "kind": "Secret", "metadata": []},
            "GW102",
            ("metadata",),
            "must be a mapping; is a list",
        ),
    ],
)
def test_objects_that_are_none(raw: object, code: str, path: FieldPath, words: str) -> None:
    found_code, found_path, message, _ = refusal(raw)
    assert (found_code, found_path) == (code, path)
    assert words in message


@pytest.mark.parametrize(
    ("fields", "path"),
    [({"spec": {1: 2}}, ("spec", 1)), ({"spec": {}, 1: 2}, (1,)), ({"spec": {"rules": [{None: 2}]}}, None)],
)
def test_keys_that_are_not_text(fields: dict[Any, Any], path: FieldPath | None) -> None:
    (found,) = refuse(make("HTTPRoute") | fields)
    assert found.code == "GW102"
    assert path is None or found.path == path


@pytest.mark.parametrize("hostname", ["a.example\n", "a.example\x00", "ü.example", "\ud800"])
def test_patterns_hold_to_the_end(hostname: str) -> None:
    (found,) = refuse(make("HTTPRoute", spec={"hostnames": [hostname]}))
    assert found.path == ("spec", "hostnames", 0)
    found.message.encode()


def test_status_is_known_where_the_kind_has_one() -> None:
    accept(sample("HTTPRoute") | {"status": {"anything": [1]}})
    assert refusal(sample("ReferenceGrant") | {"status": {}})[0] == "GW101"


def test_values_of_secrets_are_not_shown() -> None:
    contents: list[dict[str, Any]] = [
        {"data": {"a": "hunter2"}},
        {"data": "hunter2"},
        {"stringData": {"a": 12345678}},
        {"metadata": {"name": "a", "annotations": "hunter2"}},
    ]
    for content in contents:
        for found in refuse(make("Secret") | content):
            assert "hunter2" not in found.message + found.help
            assert "12345678" not in found.message + found.help


def test_what_was_loaded_is_not_changed_by_accident() -> None:
    route = accept(sample("HTTPRoute"))
    with pytest.raises(ValueError, match="frozen"):
        route.spec = None


def test_models_are_imported_when_first_needed() -> None:
    script = (
        "import sys; import reconciler.manifests.load;"
        "sys.exit(any(f'reconciler.manifests.{name}' in sys.modules for name in ('httproute', 'gateway', 'service')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
FIELD_NAMES = sorted({name for kind in KINDS.values() if kind.modelled for name in fields_of(model(kind))} | {
    "name", "namespace", "labels", "rules", "matches", "path", "type", "value", "filters", "backendRefs", "port",
    "listeners", "protocol", "tls", "from", "to", "kind", "group", "endpoints", "addresses", "ports", "targetPort",
    "parentRefs", "hostnames", "creationTimestamp", "annotations", "requestRedirect", "timeouts", "request",
})  # fmt: skip
KEYS = st.sampled_from(FIELD_NAMES) | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS, lambda each: st.lists(each, max_size=3) | st.dictionaries(KEYS, each, max_size=6), max_leaves=12
)


def check_diagnostics(result: Loaded[Any] | tuple[Diagnostic, ...]) -> None:
    if isinstance(result, tuple):
        assert result
        for each in result:
            assert each.code.startswith("GW1")
            assert each.message
            (each.message + each.help + each.object).encode()


@given(VALUES)
def test_nothing_raises(raw: object) -> None:
    check_diagnostics(load(raw, ORIGIN))


@given(st.sampled_from(sorted(SERVED)), st.dictionaries(KEYS, VALUES), st.dictionaries(KEYS, VALUES))
def test_nothing_of_a_known_kind_raises(key: tuple[str, str], fields: dict[str, Any], metadata: dict[str, Any]) -> None:
    raw = {"metadata": {"name": "a"} | metadata} | fields | {"apiVersion": key[0], "kind": key[1]}
    check_diagnostics(load(raw, ORIGIN))


@given(st.sampled_from(sorted(SPECS)), st.data())
def test_nothing_that_was_valid_raises(kind: str, data: st.DataObject) -> None:
    """One value somewhere in a valid object is replaced."""

    def broken(value: Any) -> Any:
        if isinstance(value, dict) and value and data.draw(st.booleans()):
            key = data.draw(st.sampled_from(sorted(value)))
            return value | {key: broken(value[key])}
        if isinstance(value, list) and value and data.draw(st.booleans()):
            return [broken(value[0]), *value[1:]]
        return data.draw(VALUES)

    check_diagnostics(load(broken(sample(kind)), ORIGIN))


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"tls.key": "hunter2!"}},
        {"data": {"tls.key": 22222222}},
        {"data": "hunter2"},
        {"data": ["hunter2"]},
        {"stringData": {"pass word": "hunter2"}},
        {"stringData": {"password:hunter2": ""}},
        {"stringData": {"password:hunter2": 1}},
        {"data": {"password:hunter2": "x!"}},
        {"stringData": {"password": ["hunter2"]}},
        {"stringData": {"password": 22222222}},
        {"stringDta": {"password": "hunter2"}},
        {"type": "kubernetes.io/tls", "stringData": {"tls.crt": "hunter2"}},
    ],
)
def test_values_of_a_secret_are_in_no_message(changes: dict[str, Any]) -> None:
    raw = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, **changes}
    found = load(raw, ORIGIN)
    assert isinstance(found, tuple)
    assert found
    for each in found:
        assert "hunter2" not in each.message + each.help
        assert "2222" not in each.message + each.help
