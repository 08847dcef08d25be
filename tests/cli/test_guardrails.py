"""Guardrails by the commands: what is denied is not published."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.gitway import gitway, succeed
from tests.support.manifests import gateway, repository, route
from tests.support.repository import GitRepository

POLICY: dict[str, Any] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicy",
    "metadata": {"name": "named.example.com"},
    "spec": {
        "matchConstraints": {
            "resourceRules": [
                {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["httproutes"]},
            ]
        },
        "validations": [
            {
                "expression": "has(object.spec.hostnames) && object.spec.hostnames.size() > 0",
                "message": "routes need hostnames",
            }
        ],
    },
}
BINDING: dict[str, Any] = {
    "apiVersion": "admissionregistration.k8s.io/v1",
    "kind": "ValidatingAdmissionPolicyBinding",
    "metadata": {"name": "named-everywhere"},
    "spec": {"policyName": "named.example.com", "validationActions": ["Deny"]},
}
XDS: dict[str, Any] = {
    "apiVersion": "gitway.dev/v1alpha1",
    "kind": "XdsPolicy",
    "metadata": {"name": "patient"},
    "spec": {
        "types": ["Cluster"],
        "fleets": ["shop/*"],
        "validations": [
            {
                "expression": "duration(object.connect_timeout) <= duration('1s')",
                "messageExpression": "object.name + ' waits ' + object.connect_timeout",
            }
        ],
        "validationActions": ["Warn"],
    },
}


@pytest.fixture
def repo(git_repo: GitRepository) -> GitRepository:
    git_repo.commit("First", repository())
    return git_repo


def codes(done: Any) -> list[tuple[str, str, int]]:
    return [(one["code"], one["file"], one["line"]) for one in done.json["diagnostics"] if one["code"] >= "GW7"]


def test_policies_among_the_manifests(repo: GitRepository) -> None:
    repo.commit("Guard", {"guards.yaml": [POLICY, BINDING]})
    done = gitway("plan", "--repo", repo.path, "-o", "json")
    assert done.code == 1
    assert codes(done) == [("GW701", "route.yaml", 9)]
    refused = gitway("publish", "--repo", repo.path)
    assert refused.code == 1
    assert "error[GW701]: routes need hostnames (named.example.com) (HTTPRoute shop/web)" in refused.stderr
    assert succeed("history", "--repo", repo.path).stdout == ""
    repo.commit("Mend", {"route.yaml": route(hostnames=("a.example.com",))})
    succeed("publish", "--repo", repo.path)
    repo.commit("Break", {"route.yaml": route()})
    assert gitway("publish", "--repo", repo.path).code == 1


def test_policies_that_ship_with_gitway(repo: GitRepository) -> None:
    done = succeed("plan", "--repo", repo.path, "-o", "json", "--guardrail", "request-timeouts=Warn")
    assert [code for code, _, _ in codes(done)] == ["GW702"]
    repo.commit("Guard", {"gitway.yaml": {"guardrails": {"request-timeouts": ["Deny", "Audit"]}}})
    done = gitway("plan", "--repo", repo.path, "-o", "json")
    assert (done.code, [code for code, _, _ in codes(done)]) == (1, ["GW701", "GW703"])
    bound = BINDING | {"spec": BINDING["spec"] | {"policyName": "request-timeouts.gitway.dev"}}
    repo.commit("Bind", {"gitway.yaml": {}, "binding.yaml": bound})
    done = gitway("plan", "--repo", repo.path, "-o", "json")
    assert (done.code, [code for code, _, _ in codes(done)]) == (1, ["GW701"])


def test_a_folder_of_guardrails_is_no_folder_of_manifests(repo: GitRepository) -> None:
    files: dict[str, Any] = {
        "gitway.yaml": {"guardrailPaths": ["guards"]},
        "guards/policy.yaml": [POLICY, BINDING],
        "guards/other.yaml": gateway(name="other"),
    }
    repo.commit("Guard", files)
    done = gitway("plan", "--repo", repo.path, "-o", "json")
    assert codes(done) == [("GW701", "route.yaml", 9)]
    assert list(done.json["fleets"]) == ["shop/edge"]


def test_what_is_published_already_is_not_judged_again(repo: GitRepository) -> None:
    succeed("publish", "--repo", repo.path)
    repo.commit("Guard", {"guards.yaml": [POLICY, BINDING]})
    gitway("plan", "--repo", repo.path)
    repo.commit("Mend", {"route.yaml": route(hostnames=("a.example.com",))})
    succeed("publish", "--repo", repo.path)
    repo.commit("More", {"gateway2.yaml": gateway(name="second", port=10081)})
    assert codes(succeed("plan", "--repo", repo.path, "-o", "json")) == []


def test_a_removed_guardrail_is_told(repo: GitRepository) -> None:
    repo.commit("Guard", {"guards.yaml": [POLICY, BINDING], "route.yaml": route(hostnames=("a.example.com",))})
    succeed("publish", "--repo", repo.path)
    repo.commit("Remove", {"guards.yaml": [BINDING]})
    told = gitway("plan", "--repo", repo.path)
    assert (
        "warning[GW707]: the guardrail is removed by this commit (ValidatingAdmissionPolicy named.example.com)"
        in told.stdout
    )


def test_xds_policies(repo: GitRepository) -> None:
    repo.commit("Guard", {"guards.yaml": XDS})
    done = succeed("plan", "--repo", repo.path, "-o", "json")
    (found,) = [one for one in done.json["diagnostics"] if one["code"] == "GW702"]
    assert found["object"] == "Cluster httproute/shop/web/rule/0"
    assert found["message"] == "httproute/shop/web/rule/0 waits 10s (patient, fleet shop/edge)"
    succeed("publish", "--repo", repo.path)
    assert codes(succeed("plan", "--repo", repo.path, "-o", "json")) == []


@pytest.mark.parametrize("option", ["https-only", "https-only=Never", "=Deny"])
def test_wrong_options(repo: GitRepository, option: str) -> None:
    assert gitway("plan", "--repo", repo.path, "--guardrail", option).code in (1, 64)


def test_unknown_names(repo: GitRepository) -> None:
    done = gitway("plan", "--repo", repo.path, "--guardrail", "https-onyl=Deny")
    assert done.code == 1
    assert 'error[GW705]: guardrails: there is no policy "https-onyl"' in done.stdout
