"""What of the configuration bears on how manifests are resolved."""

from __future__ import annotations

from typing import NamedTuple

from reconciler.records import dataclass

ENVOY_GATEWAY_CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"


class OidcEndpoints(NamedTuple):
    """Where the OpenID Connect provider of an issuer is spoken to, as far as that is known."""

    issuer: str
    authorization: str = ""
    token: str = ""
    end_session: str = ""


@dataclass(frozen=True, slots=True)
class Options:
    """Settings of `gitway.yaml` and the command line.

    Attributes:
        controller_names: a GatewayClass with one of these `controllerName`s is ours.
        addresses: CIDRs that the fleets own; empty: addresses are a load balancer's, listeners bind all.
        service_domain: the DNS domain under which `NAME.NAMESPACE.svc` resolves.
        allow_external_name: route to Services of type ExternalName (CVE-2021-25740 advises against it).
        rate_limit_service: `host:port` of the service that keeps global rate limits; empty: there is none.
        allow_envoy_patch_policy: EnvoyPatchPolicies have an effect.
        allow_lua: EnvoyExtensionPolicies may run scripts.
        oidc: what is known of OpenID Connect providers.
        allow_plaintext_secrets: Secrets with data are published in the snapshot instead of being refused.
    """

    controller_names: tuple[str, ...] = (ENVOY_GATEWAY_CONTROLLER,)
    addresses: tuple[str, ...] = ()
    service_domain: str = "cluster.local"
    allow_external_name: bool = False
    rate_limit_service: str = ""
    allow_plaintext_secrets: bool = False
    allow_envoy_patch_policy: bool = False
    allow_lua: bool = False
    oidc: tuple[OidcEndpoints, ...] = ()
