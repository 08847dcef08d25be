"""The features of the Gateway API, by the names of its conformance suite, and which of them gitway supports.

The one place that says so: `gitway features` prints this table, GatewayClasses report it in `status.supportedFeatures`,
and the conformance suite is run with what it claims.
"""

from __future__ import annotations

from typing import Final, Literal

from reconciler.records import dataclass

CORE: Final = "core"
EXTENDED: Final = "extended"
STANDARD: Final = "standard"
EXPERIMENTAL: Final = "experimental"


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature of the Gateway API: how much of a conforming implementation it is, and where its fields are defined."""

    name: str
    level: Literal["core", "extended"]
    channel: Literal["standard", "experimental"] = STANDARD
    supported: bool = True


FEATURES: Final = (
    Feature("BackendTLSPolicy", CORE),
    Feature("BackendTLSPolicySANValidation", EXTENDED),
    Feature("GRPCRoute", CORE),
    Feature("GRPCRouteNamedRouteRule", EXTENDED),
    Feature("GRPCRouteRequestHeaderModifier", EXTENDED),
    Feature("Gateway", CORE),
    Feature("GatewayAddressEmpty", EXTENDED),
    Feature("GatewayBackendClientCertificate", EXTENDED),
    Feature("GatewayFrontendClientCertificateValidation", EXTENDED),
    Feature("GatewayFrontendClientCertificateValidationInsecureFallback", EXTENDED),
    Feature("GatewayHTTPListenerIsolation", EXTENDED),
    Feature("GatewayHTTPSListenerDetectMisdirectedRequests", EXTENDED),
    Feature("GatewayInfrastructurePropagation", EXTENDED, supported=False),
    Feature("GatewayPort8080", EXTENDED),
    Feature("GatewayStaticAddresses", EXTENDED),
    Feature("HTTPRoute", CORE),
    Feature("HTTPRoute303RedirectStatusCode", EXTENDED),
    Feature("HTTPRoute307RedirectStatusCode", EXTENDED),
    Feature("HTTPRoute308RedirectStatusCode", EXTENDED),
    Feature("HTTPRouteBackendProtocolH2C", EXTENDED),
    Feature("HTTPRouteBackendProtocolWebSocket", EXTENDED),
    Feature("HTTPRouteBackendRequestHeaderModification", EXTENDED),
    Feature("HTTPRouteBackendRequestRedirect", EXTENDED),
    Feature("HTTPRouteBackendTimeout", EXTENDED),
    Feature("HTTPRouteBackendURLRewrite", EXTENDED),
    Feature("HTTPRouteCORS", EXTENDED),
    Feature("HTTPRouteDestinationPortMatching", EXTENDED, channel=EXPERIMENTAL),
    Feature("HTTPRouteHostRewrite", EXTENDED),
    Feature("HTTPRouteMethodMatching", EXTENDED),
    Feature("HTTPRouteNamedRouteRule", EXTENDED),
    Feature("HTTPRouteParentRefPort", EXTENDED),
    Feature("HTTPRoutePathRedirect", EXTENDED),
    Feature("HTTPRoutePathRewrite", EXTENDED),
    Feature("HTTPRoutePortRedirect", EXTENDED),
    Feature("HTTPRouteQueryParamMatching", EXTENDED),
    Feature("HTTPRouteRequestMirror", EXTENDED),
    Feature("HTTPRouteRequestMultipleMirrors", EXTENDED),
    Feature("HTTPRouteRequestPercentageMirror", EXTENDED),
    Feature("HTTPRouteRequestTimeout", EXTENDED),
    Feature("HTTPRouteResponseHeaderModification", EXTENDED),
    Feature("HTTPRouteRetry", EXTENDED, channel=EXPERIMENTAL),
    Feature("HTTPRouteRetryBackendTimeout", EXTENDED, channel=EXPERIMENTAL),
    Feature("HTTPRouteRetryConnectionError", EXTENDED, channel=EXPERIMENTAL),
    Feature("HTTPRouteSchemeRedirect", EXTENDED),
    Feature("ListenerSet", EXTENDED),
    Feature("Mesh", CORE, supported=False),
    Feature("MeshClusterIPMatching", EXTENDED, supported=False),
    Feature("MeshConsumerRoute", EXTENDED, supported=False),
    Feature("MeshHTTPRouteBackendRequestHeaderModification", EXTENDED, supported=False),
    Feature("MeshHTTPRouteNamedRouteRule", EXTENDED, supported=False),
    Feature("MeshHTTPRouteQueryParamMatching", EXTENDED, supported=False),
    Feature("MeshHTTPRouteRedirectPath", EXTENDED, supported=False),
    Feature("MeshHTTPRouteRedirectPort", EXTENDED, supported=False),
    Feature("MeshHTTPRouteRewritePath", EXTENDED, supported=False),
    Feature("MeshHTTPRouteSchemeRedirect", EXTENDED, supported=False),
    Feature("ReferenceGrant", CORE),
    Feature("TCPRoute", EXTENDED),
    Feature("TLSRoute", CORE),
    Feature("TLSRouteModeMixed", EXTENDED, channel=EXPERIMENTAL),
    Feature("TLSRouteModeTerminate", EXTENDED),
    Feature("UDPRoute", EXTENDED),
)
"""All features of Gateway API v1.6, sorted by name.

Not supported for good: `Mesh…`, since gitway configures gateways, and `GatewayInfrastructurePropagation`, since it
generates no infrastructure that labels and annotations could be propagated to.
"""

SUPPORTED_FEATURES: Final = tuple(feature.name for feature in FEATURES if feature.supported)
"""Names of the supported ones, sorted."""
