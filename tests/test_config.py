"""gitway.yaml."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reconciler.config import ENVOY_GATEWAY_CONTROLLER, Config, read_config
from reconciler.config_file import ConfigFile
from reconciler.diagnostics import Severity
from reconciler.resolve import options
from reconciler.source.repository import Repository, open_repository
from reconciler.source.suppressions import Rule
from reconciler.source.tree import Tree
from tests.support.repository import GitRepository


@pytest.fixture
def opened(git_repo: GitRepository) -> Iterator[Repository]:
    with open_repository(git_repo.path) as repository:
        yield repository


def tree_of(git_repo: GitRepository, opened: Repository, text: str | bytes | None, name: str = "gitway.yaml") -> Tree:
    git_repo.commit(files={} if text is None else {name: text})
    return opened.tree(opened.commit())


FULL = """\
# Where manifests are.
paths: [gateways, routes/]
store: s3://edge-config/production
storeName: production
allowedSigners: keys/signers
addresses:
- 10.20.0.0/16
- 2001:db8::1
controllerNames: [example.com/edge]
serviceDomain: corp.example
allowExternalName: true
allowEnvoyPatchPolicy: true
allowLua: true
rateLimitService: limits.corp.example:8081
allowPlaintextSecrets: true
ignore: [{code: GW211, reason: they come later, path: "routes/*"}]
guardrails: {https-only: Deny, mine: [Warn, Audit]}
guardrailPaths: [guardrails]
"""


def test_the_file_has_the_options_and_their_defaults() -> None:
    assert set(ConfigFile.model_fields) == set(Config._fields)
    assert ConfigFile().config() == Config()


def test_everything(git_repo: GitRepository, opened: Repository) -> None:
    config, findings = read_config(tree_of(git_repo, opened, FULL))
    assert findings == ()
    assert config is not None
    assert config._asdict() == {
        "paths": ("gateways", "routes/"),
        "store": "s3://edge-config/production",
        "store_name": "production",
        "allowed_signers": "keys/signers",
        "addresses": ("10.20.0.0/16", "2001:db8::1/128"),
        "controller_names": (ENVOY_GATEWAY_CONTROLLER, "example.com/edge"),
        "service_domain": "corp.example",
        "allow_external_name": True,
        "allow_envoy_patch_policy": True,
        "allow_lua": True,
        "rate_limit_service": "limits.corp.example:8081",
        "allow_plaintext_secrets": True,
        "ignore": (Rule("GW211", "they come later", "routes/*", "", 0),),
        "guardrails": {"https-only": ("Deny",), "mine": ("Warn", "Audit")},
        "guardrail_paths": ("guardrails",),
    }


@pytest.mark.parametrize("text", [None, "", "# nothing\n", "---\n", "{}\n"])
def test_defaults(git_repo: GitRepository, opened: Repository, text: str | None) -> None:
    assert read_config(tree_of(git_repo, opened, text)) == (Config(), ())
    defaults = Config()
    resolve = options.Options()
    assert (defaults.paths, defaults.store) == ((), None)
    for name in ("controller_names", "addresses", "service_domain", "allow_external_name", "allow_plaintext_secrets"):
        assert getattr(defaults, name) == getattr(resolve, name)


def test_the_same_controller_twice(git_repo: GitRepository, opened: Repository) -> None:
    text = f"controllerNames: [a.b/c, {ENVOY_GATEWAY_CONTROLLER}, a.b/c]"
    config, _ = read_config(tree_of(git_repo, opened, text))
    assert config is not None
    assert config.controller_names == (ENVOY_GATEWAY_CONTROLLER, "a.b/c")


WRONG = {
    "addreses: []": (1, 1, "there is no option", 'Did you mean "addresses"?'),
    "paths: []\nservice_domain: a": (2, 1, "there is no option", 'Did you mean "serviceDomain"?'),
    "nothing like it: 1": (1, 1, "there is no option", "Options: paths, store"),
    "addresses: 10.0.0.0/8": (1, 12, 'addresses: must be a list; is "10.0.0.0/8"', ""),
    "addresses:\n- 10.0.0.0/8\n- 10.0.0.1/8": (3, 3, "the network is 10.0.0.0/8", ""),
    "addresses: [edge]": (1, 13, "edge is not an IP address or CIDR", ""),
    "addresses: [1]": (1, 13, "addresses[0]: must be text; is 1", ""),
    "paths: [../x]": (1, 9, "not in the repository", ""),
    "paths: [/x]": (1, 9, "not in the repository", ""),
    "paths: [1]": (1, 9, "paths[0]: must be text; is 1", ""),
    "store: https://example.com": (1, 8, "file:///DIR or s3://BUCKET/PREFIX", ""),
    "store: file://relative": (1, 8, "file:///DIR or s3://BUCKET/PREFIX", ""),
    "controllerNames: [edge]": (1, 19, "DOMAIN/PATH", ""),
    "serviceDomain: Cluster_Local": (1, 16, "not a DNS domain", ""),
    "serviceDomain: ''": (1, 16, "not a DNS domain", ""),
    "serviceDomain: 3": (1, 16, "serviceDomain: must be text; is 3", ""),
    "serviceDomain: [a]": (1, 16, "must be text; is a list", ""),
    "store: {a: b}": (1, 8, "must be text; is a mapping", ""),
    "allowExternalName: 1": (1, 20, "allowExternalName: must be true or false; is 1", ""),
    "allowExternalName: 'true'": (1, 20, 'must be true or false; is "true"', ""),
    "allowExternalName:": (1, 1, "must be true or false; is null", ""),
    "- paths": (1, 1, "must be a mapping", ""),
    "text": (1, 1, "must be a mapping", ""),
    "paths: []\n---\npaths: []": (3, 1, "must be one document", ""),
    "paths: [": (2, 1, "this is not YAML", ""),
    "paths: []\npaths: []": (2, 1, "already set", "Remove one"),
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong(git_repo: GitRepository, opened: Repository, text: str) -> None:
    line, column, message, remedy = WRONG[text]
    config, (finding,) = read_config(tree_of(git_repo, opened, text))
    assert config is None
    assert (finding.file, finding.severity) == ("gitway.yaml", Severity.ERROR)
    assert message in finding.message
    assert finding.help.startswith(remedy)
    assert (finding.line, finding.column) == (line, column)


def test_all_mistakes_are_told(git_repo: GitRepository, opened: Repository) -> None:
    config, findings = read_config(tree_of(git_repo, opened, "x: 1\nstore: y\naddresses: [a, b]"))
    assert config is None
    assert sorted(finding.line for finding in findings) == [1, 2, 3, 3]


def test_another_name(git_repo: GitRepository, opened: Repository) -> None:
    config, (finding,) = read_config(tree_of(git_repo, opened, "paths: []", "gitway.yml"))
    assert config is None
    assert (finding.file, finding.line) == ("gitway.yml", 1)
    assert "gitway.yaml" in finding.help


def test_the_work_trees(git_repo: GitRepository, opened: Repository) -> None:
    git_repo.commit()
    git_repo.write("gitway.yaml", "serviceDomain: a")
    config, _ = read_config(opened.worktree())
    assert config is not None
    assert config.service_domain == "a"
