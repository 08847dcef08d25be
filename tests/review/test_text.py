"""A plan for people."""

from __future__ import annotations

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.review.changes import FieldChange, ObjectChange, ObjectChanges
from reconciler.review.comparison import Version
from reconciler.review.formats.json_document import document as as_json
from reconciler.review.formats.text import plan_text as as_text
from reconciler.review.plan import Plan, Side, make_plan
from reconciler.snapshot.build import build
from reconciler.snapshot.model import CLUSTER, LISTENER

CHANGES = (
    ObjectChange("add", "HTTPRoute", "shop", "new", "new.yaml"),
    ObjectChange(
        "change",
        "HTTPRoute",
        "shop",
        "web",
        "web.yaml",
        (
            FieldChange("spec.rules[0].backendRefs[web].weight", 90, 50),
            FieldChange("spec.hostnames[0]", None, "a.example.com"),
            FieldChange("metadata.labels", {"a": "b"}, None),
        ),
    ),
    ObjectChange("remove", "GatewayClass", "", "old", "old.yaml"),
)
OLD = {"shop/edge": build({CLUSTER: {"a": b"", "b": b"", "c": b""}}), "shop/gone": build({})}
BASE = Side("release 1", Version(OLD))
HEAD = Side("abc", Version({"shop/edge": build({CLUSTER: {"a": b"\x22\x00"}, LISTENER: {"l": b"\x0a\x01l"}})}))


def plan(*diagnostics: Diagnostic) -> Plan:
    return make_plan(BASE, HEAD, diagnostics, ObjectChanges(CHANGES, 7))


def test_text() -> None:
    assert (
        as_text(plan())
        == """\
gitway plan: release 1 -> abc

  + HTTPRoute shop/new  (new.yaml)
  ~ HTTPRoute shop/web  (web.yaml)
      ~ spec.rules[0].backendRefs[web].weight: 90 -> 50
      + spec.hostnames[0]: "a.example.com"
      - metadata.labels: {"a": "b"}
  - GatewayClass old  (old.yaml)
    7 unchanged hidden (--full shows them)

  fleet shop/edge: 1 cluster changed, 2 clusters removed, 1 listener added
    reaches l
  fleet shop/gone: retired, its Envoys keep what they have

  ! high GW611: fleet shop/gone is retired

Plan: 1 to add, 1 to change, 1 to remove; 2 fleets affected. Risk: high (1 danger).
"""
    )


def test_with_errors_only_they_count() -> None:
    told = as_text(plan(Diagnostic("GW101", Severity.ERROR, "wrong")))
    assert told.startswith("error[GW101]: wrong\n")
    assert told.endswith("Plan: refused, 1 error: nothing would be published.\n")
    assert "shop/new" not in told


def test_without_changes() -> None:
    assert as_text(make_plan(BASE, BASE, (), ObjectChanges((), 3))).endswith("\nPlan: no changes.\n")


def test_long_values_are_cut() -> None:
    change = ObjectChange("change", "A", "", "b", "f", (FieldChange("p", None, "x" * 1000),))
    assert max(map(len, as_text(make_plan(BASE, BASE, (), ObjectChanges((change,), 0))).splitlines())) < 130


def test_json() -> None:
    told = as_json(plan(Diagnostic("GW201", Severity.WARNING, "odd")))
    assert told["format"] == 1
    assert [change["action"] for change in told["changes"]] == ["add", "change", "remove"]
    assert told["fleets"]["shop/edge"] == [
        {"action": "change", "type": CLUSTER, "name": "a"},
        {"action": "remove", "type": CLUSTER, "name": "b"},
        {"action": "remove", "type": CLUSTER, "name": "c"},
        {"action": "add", "type": LISTENER, "name": "l"},
    ]
    assert told["retired"] == ["shop/gone"]
    assert told["summary"] == {
        "changed": True,
        "add": 1,
        "change": 1,
        "remove": 1,
        "resources": {"add": 1, "change": 1, "remove": 2},
        "diagnostics": {"error": 0, "warning": 1, "notice": 0},
        "unchanged": 7,
        "risk": "high",
    }
