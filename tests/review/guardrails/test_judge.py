"""Guardrails on changes, as the API server would admit them."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.diagnostics import Diagnostic, Origin
from reconciler.review.guardrails.collect import collect
from reconciler.review.guardrails.judge import Moment, judge
from reconciler.review.guardrails.pack import FileDocument

MOMENT = Moment(datetime(2026, 6, 1, tzinfo=UTC), {"sha": "a" * 40, "time": "2026-06-01T00:00:00Z"})
RULE = {"apiGroups": ["gateway.networking.k8s.io"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["*"]}


def policy(name: str = "p", **spec: Any) -> dict[str, Any]:
    constraints = {"resourceRules": [RULE | spec.pop("rule", {})], **spec.pop("constraints", {})}
    validations = [{"expression": spec.pop("expression", "object.metadata.name == 'good'"), **spec.pop("words", {})}]
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {"matchConstraints": constraints, "validations": validations, **spec},
    }


def binding(name: str = "p", *actions: str, **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": f"{name}-everywhere"},
        "spec": {"policyName": name, "validationActions": list(actions or ("Deny",)), **spec},
    }


def route(name: str = "bad", **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "shop", **more.pop("metadata", {})}
    spec = {"rules": [{"backendRefs": [{"name": "web", "port": 80}]}], **more}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}


def config_map(name: str, namespace: str = "shop", **data: str) -> dict[str, Any]:
    labels = {"for": name}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "data": data,
    }


def documents(*raws: dict[str, Any]) -> list[FileDocument]:
    return [FileDocument(raw, Origin("all.yaml", index)) for index, raw in enumerate(raws)]


def judged(after: list[dict[str, Any]], before: list[dict[str, Any]] | None = None) -> tuple[Diagnostic, ...]:
    """What is said about a change; the guardrails are there before and after."""
    guards = [raw for raw in after if raw["apiVersion"].startswith("admission")]
    guardrails = collect(documents(*after))
    assert guardrails.diagnostics == ()
    return judge(guardrails, documents(*guards, *(before or [])), documents(*after), MOMENT)


def messages(found: tuple[Diagnostic, ...]) -> list[tuple[str, str, str]]:
    return [(one.code, one.object, one.message) for one in found]


def test_a_violation_is_an_error_at_the_object() -> None:
    (found,) = judged([policy(), binding(), route()])
    assert (found.code, found.severity, found.object) == ("GW701", "error", "HTTPRoute shop/bad")
    assert found.message == "failed expression: object.metadata.name == 'good' (p)"
    assert (found.origin, found.path) == (Origin("all.yaml", 2), ("metadata", "name"))
    assert judged([policy(), binding(), route("good")]) == ()


@pytest.mark.parametrize(
    ("actions", "said"),
    [
        (("Warn",), [("GW702", "warning")]),
        (("Audit",), [("GW703", "notice")]),
        (("Deny", "Audit"), [("GW701", "error"), ("GW703", "notice")]),
    ],
)
def test_actions(actions: tuple[str, ...], said: list[tuple[str, str]]) -> None:
    found = judged([policy(), binding("p", *actions), route()])
    assert [(one.code, one.severity.value) for one in found] == said


def test_what_did_not_change_is_not_judged_again() -> None:
    assert judged([policy(), binding(), route()], before=[route()]) == ()
    changed = route(hostnames=["a.example.com"])
    (found,) = judged([policy(), binding(), changed], before=[route()])
    assert found.object == "HTTPRoute shop/bad"


def test_a_changed_guardrail_judges_everything_and_is_told() -> None:
    guardrails = collect(documents(policy(), binding(), route()))
    weaker = policy(expression="true")
    found = judge(guardrails, documents(weaker, binding(), route()), documents(policy(), binding(), route()), MOMENT)
    assert [(one.code, one.object) for one in found] == [
        ("GW707", "ValidatingAdmissionPolicy p"),
        ("GW701", "HTTPRoute shop/bad"),
    ]
    gone = judge(collect([]), documents(policy(), binding(), route()), documents(route()), MOMENT)
    assert {one.message for one in gone} == {"the guardrail is removed by this commit"}


OPERATIONS = [
    ("CREATE", [], [route()]),
    ("UPDATE", [route(hostnames=["a.example.com"])], [route()]),
    ("DELETE", [route()], []),
]


@pytest.mark.parametrize(("operation", "before", "after"), OPERATIONS)
def test_operations(operation: str, before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    only = policy(
        rule={"operations": [operation]}, expression="false", words={"messageExpression": "request.operation"}
    )
    assert [one.message for one in judged([only, binding(), *after], before)] == [f"{operation} (p)"]
    others = [other for other, _, _ in OPERATIONS if other != operation]
    assert judged([policy(rule={"operations": others}, expression="false"), binding(), *after], before) == ()


def test_old_object_and_object() -> None:
    kept = policy(
        expression="oldObject == null || oldObject.spec.hostnames == object.spec.hostnames",
        rule={"operations": ["CREATE", "UPDATE"]},
    )
    assert judged([kept, binding(), route(hostnames=["a.example.com"])]) == ()
    assert judged([kept, binding(), route(hostnames=["b.example.com"])], [route(hostnames=["a.example.com"])])


def test_objects_have_the_defaults_of_their_kind() -> None:
    defaulted = policy(
        expression="object.spec.rules.all(r, r.backendRefs[0].weight == 1 && r.matches[0].path.value == '/')"
    )
    assert judged([defaulted, binding(), route()]) == ()
    unset = policy(expression="!has(object.spec.hostnames) && !has(object.spec.rules[0].filters)")
    assert judged([unset, binding(), route()]) == ()


CONSTRAINTS: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({}, {"rule": {"resources": ["httproutes"]}}, True),
    ({}, {"rule": {"resources": ["gateways"]}}, False),
    ({}, {"rule": {"apiGroups": ["*"], "resources": ["*"]}}, True),
    ({}, {"rule": {"apiGroups": [""]}}, False),
    ({}, {"rule": {"apiVersions": ["v1beta1"]}}, True),
    ({}, {"rule": {"apiVersions": ["v1beta1"]}, "constraints": {"matchPolicy": "Exact"}}, False),
    ({}, {"rule": {"scope": "Cluster"}}, False),
    ({}, {"rule": {"resourceNames": ["bad"]}}, True),
    ({}, {"rule": {"resourceNames": ["other"]}}, False),
    ({}, {"constraints": {"excludeResourceRules": [RULE | {"resources": ["httproutes"]}]}}, False),
    ({}, {"constraints": {"namespaceSelector": {"matchLabels": {"team": "a"}}}}, True),
    ({}, {"constraints": {"namespaceSelector": {"matchLabels": {"team": "b"}}}}, False),
    ({}, {"constraints": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}}, True),
    ({"metadata": {"labels": {"l": "1"}}}, {"constraints": {"objectSelector": {"matchLabels": {"l": "1"}}}}, True),
    ({}, {"constraints": {"objectSelector": {"matchLabels": {"l": "1"}}}}, False),
]


@pytest.mark.parametrize(("object_", "spec", "covered"), CONSTRAINTS)
@pytest.mark.parametrize("in_binding", [False, True])
def test_constraints(object_: dict[str, Any], spec: dict[str, Any], covered: bool, in_binding: bool) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": {"team": "a"}}}
    limited = policy(**copy.deepcopy(spec), expression="false")
    guards = [limited, binding()]
    if in_binding:
        where = limited["spec"]["matchConstraints"]
        guards = [policy(expression="false"), binding(matchResources=where)]
    assert bool(judged([*guards, namespace, route(**copy.deepcopy(object_))], [namespace])) is covered


def test_match_conditions_and_variables() -> None:
    spec: dict[str, Any] = {
        "variables": [
            {"name": "first", "expression": "object.spec.hostnames[0]"},
            {"name": "short", "expression": "variables.first.size() < 5"},
        ],
        "matchConditions": [{"name": "with-hostnames", "expression": "has(object.spec.hostnames)"}],
        "expression": "variables.short",
        "words": {"message": "too long", "messageExpression": "variables.first + ' is too long'"},
    }
    assert judged([policy(**copy.deepcopy(spec)), binding(), route()]) == ()
    found = judged([policy(**copy.deepcopy(spec)), binding(), route(hostnames=["a.example.com"])])
    assert [one.message for one in found] == ["a.example.com is too long (p)"]


def test_a_variable_fails_only_where_it_is_needed() -> None:
    variables = [{"name": "host", "expression": "object.spec.hostnames[0]"}]
    careful = policy(variables=variables, expression="!has(object.spec.hostnames) || variables.host != ''")
    assert judged([careful, binding(), route()]) == ()
    (found,) = judged([policy(variables=variables, expression="variables.host != ''"), binding(), route()])
    assert found.message == "variables.host != '' cannot be evaluated: variables.host: no such key: hostnames (p)"


@pytest.mark.parametrize(("failure_policy", "codes"), [("Fail", ["GW708"]), ("Ignore", [])])
@pytest.mark.parametrize("where", ["expression", "matchConditions"])
def test_failure_policy(failure_policy: str, codes: list[str], where: str) -> None:
    spec: dict[str, Any] = {"expression": "object.none"}
    if where == "matchConditions":
        spec = {"matchConditions": [{"name": "c", "expression": "object.none"}]}
    found = judged([policy(failurePolicy=failure_policy, **spec), binding(), route()])
    assert [one.code for one in found] == codes


PARAMS = policy(
    paramKind={"apiVersion": "v1", "kind": "ConfigMap"},
    expression="params == null || object.metadata.name in params.data",
)


@pytest.mark.parametrize(
    ("ref", "maps", "denied"),
    [
        (None, [], 0),
        ({"name": "names"}, [config_map("names", bad="")], 0),
        ({"name": "names"}, [config_map("names", good="")], 1),
        ({"name": "names"}, [config_map("names", "elsewhere", good="")], 1),  # there is none: Deny
        ({"name": "names", "namespace": "elsewhere"}, [config_map("names", "elsewhere", bad="")], 0),
        ({"name": "names", "parameterNotFoundAction": "Allow"}, [], 0),
        ({"selector": {"matchLabels": {"for": "x"}}}, [config_map("x", good="")], 1),
        ({"selector": {}}, [config_map("x", good=""), config_map("y", good="")], 2),
    ],
)
def test_parameters(ref: dict[str, Any] | None, maps: list[dict[str, Any]], denied: int) -> None:
    spec: dict[str, Any] = {"paramRef": {"parameterNotFoundAction": "Deny", **ref}} if ref else {}
    found = judged([PARAMS, binding(**spec), *maps, route()], maps)
    assert len(found) == denied


def test_a_changed_parameter_judges_everything() -> None:
    ref = {"name": "names", "parameterNotFoundAction": "Deny"}
    after = [PARAMS, binding(paramRef=ref), config_map("names", good=""), route()]
    assert judged(after, [config_map("names", bad=""), route()])
    assert judged(after, [config_map("names", good=""), route()]) == ()


def test_audit_annotations() -> None:
    notes = [{"key": "host", "valueExpression": "has(object.spec.hostnames) ? object.spec.hostnames[0] : null"}]
    noted = policy(auditAnnotations=notes, expression="true")
    found = judged([noted, binding("p", "Audit"), route(hostnames=["a.example.com"])])
    assert messages(found) == [("GW703", "HTTPRoute shop/bad", "host: a.example.com (p)")]
    assert judged([noted, binding("p", "Audit"), route()]) == ()


def test_secrets_do_not_get_into_messages() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "shop"},
        "stringData": {"p": "swordfish"},
    }
    telling = policy(rule={"apiGroups": [""]}, expression="false", words={"messageExpression": "object.stringData.p"})
    (found,) = judged([telling, binding(), secret])
    assert found.message == "*** (p)"


@pytest.mark.parametrize(
    ("guard", "code", "message"),
    [
        ([policy(expression="object.shout()"), binding()], "GW704", "unknown function shout"),
        ([policy(expression="authorizer.x"), binding()], "GW704", "unknown variable authorizer"),
        ([binding("https-onyl")], "GW705", 'there is no ValidatingAdmissionPolicy "https-onyl"'),
        ([policy()], "GW706", "no ValidatingAdmissionPolicyBinding applies this policy"),
        ([policy(failurePolicy="Maybe"), binding()], "GW104", "spec.failurePolicy"),
    ],
)
def test_guardrails_that_cannot_be_used(guard: list[dict[str, Any]], code: str, message: str) -> None:
    found = collect(documents(*guard)).diagnostics
    assert [one.code for one in found if message in one.message] == [code]


def test_a_violation_points_at_the_entry_of_a_list_that_is_one_alone() -> None:
    guard = policy(
        variables=[{"name": "rules", "expression": "object.spec.rules"}],
        validations=[{"expression": "variables.rules.all(r, has(r.name))", "message": "no name"}],
    )
    guard["metadata"]["annotations"] = {"gitway.dev/summary": "Each rule has a name."}
    rules = [{"name": "a"}, {"backendRefs": []}, {"name": "c"}]
    (found,) = judged([guard, binding(), route(rules=rules)])
    assert (found.path, found.help) == (("spec", "rules", 1), "Each rule has a name.")
