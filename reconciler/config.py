"""The configuration: what flags say for one run, `gitway.yaml` at the repository's root says for all.

What the file may say is checked by `reconciler.config_file`, which is loaded only where there is something to check:
nothing that reads manifests begins before the configuration is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from reconciler.source.select import CONFIG_FILE

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic
    from reconciler.source.suppressions import Rule
    from reconciler.source.tree import Tree

ENVOY_GATEWAY_CONTROLLER: Final = "gateway.envoyproxy.io/gatewayclass-controller"
"""The controller name of Envoy Gateway, whose GatewayClasses are ours too."""

ACTIONS: Final = ("Deny", "Warn", "Audit")
"""What may follow where a guardrail is broken."""

MISNAMED: Final = "gitway.yml"
"""What the file is not called."""


class Config(NamedTuple):
    """The options of `gitway.yaml`, in camelCase there.

    Attributes:
        paths: folders or files with manifests, relative to the root; none: the whole repository.
        store: where releases go, `file:///DIR` or `s3://BUCKET/PREFIX`; None: in the git directory.
        store_name: what signatures call the store; None: its URL.
        allowed_signers: the file that lists whose signatures of commits count; see `source/signers.py`.
        addresses: CIDRs that the fleets own; none: addresses are a load balancer's.
        controller_names: GatewayClasses with one of these are ours; Envoy Gateway's is always among them.
        service_domain: the DNS domain of Services without EndpointSlices.
        allow_external_name: route to Services of type ExternalName.
        rate_limit_service: `host:port` of the service that keeps global rate limits.
        allow_envoy_patch_policy: let EnvoyPatchPolicies change what is published.
        allow_lua: let EnvoyExtensionPolicies run scripts.
        allow_plaintext_secrets: publish Secrets with data instead of refusing them.
        ignore: findings that are not to be reported; never errors.
        guardrails: names of policies that apply everywhere, and what follows where one is broken: `Deny`, `Warn` or
            `Audit`, or a list of them.
        guardrail_paths: folders with guardrails, and nothing else; those among the manifests need none.
    """

    paths: tuple[str, ...] = ()
    store: str | None = None
    store_name: str | None = None
    allowed_signers: str = ".gitway/allowed_signers"
    addresses: tuple[str, ...] = ()
    controller_names: tuple[str, ...] = (ENVOY_GATEWAY_CONTROLLER,)
    service_domain: str = "cluster.local"
    allow_external_name: bool = False
    rate_limit_service: str | None = None
    allow_plaintext_secrets: bool = False
    allow_envoy_patch_policy: bool = False
    allow_lua: bool = False
    ignore: tuple[Rule, ...] = ()
    guardrails: Mapping[str, Any] = {}
    guardrail_paths: tuple[str, ...] = ()


def read_config(tree: Tree) -> tuple[Config | None, tuple[Diagnostic, ...]]:
    """The configuration of a tree; defaults where it has no `gitway.yaml`. None, and why, where that is wrong."""
    for name in (CONFIG_FILE, MISNAMED):
        try:
            data = tree.read(name)
        except FileNotFoundError:
            continue
        from reconciler.config_file import misnamed, parsed

        return (parsed if name == CONFIG_FILE else misnamed)(data, tree)
    return Config(), ()
