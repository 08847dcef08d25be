"""SecurityPolicy."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.manifests.coverage import Fields, no_meaning, not_yet, yes

_ATTACHMENT = "policies/test_attachment.py"
_SECURITY = "policies/test_securitypolicy.py"
_SETTINGS = yes(f"{_SECURITY}::test_how_services_are_connected_to")

FIELDS: Final[Fields] = MappingProxyType(
    {
        "apiKeyAuth": yes(f"{_SECURITY}::test_api_keys", f"{_SECURITY}::test_without_a_key_nobody_is_let_in"),
        "authorization": yes(f"{_SECURITY}::test_authorization"),
        "authorization.rules.principal.clientIPGeoLocations": not_yet("needs a database of addresses; refused"),
        "authorization.rules.principal.jwt": yes(f"{_SECURITY}::test_authorization_by_claims"),
        "basicAuth": yes(f"{_SECURITY}::test_basic_authentication"),
        "cors": yes(f"{_SECURITY}::test_cors"),
        "csrf": yes(f"{_SECURITY}::test_csrf"),
        "extAuth": yes(f"{_SECURITY}::test_external_authorization_by_grpc"),
        "extAuth.failOpen": yes(f"{_SECURITY}::test_an_authorization_service_that_cannot_be_asked"),
        "extAuth.grpc.backendSettings": _SETTINGS,
        "extAuth.http": yes(f"{_SECURITY}::test_external_authorization_by_http"),
        "extAuth.http.backendSettings": _SETTINGS,
        "extAuth.includeRouteMetadata": no_meaning("GW175"),
        "extAuth.statusOnError": yes(f"{_SECURITY}::test_an_authorization_service_that_cannot_be_asked"),
        "extAuth.timeout": yes(f"{_SECURITY}::test_an_authorization_service_that_cannot_be_asked"),
        "jwt.failOpen": yes(f"{_SECURITY}::test_a_token_may_be_missing"),
        "jwt.optional": yes(f"{_SECURITY}::test_a_token_may_be_missing"),
        "jwt.providers": yes(f"{_SECURITY}::test_a_token_is_verified"),
        "jwt.providers.claimToHeaders": yes(f"{_SECURITY}::test_a_token_from_elsewhere_and_its_claims"),
        "jwt.providers.extractFrom": yes(f"{_SECURITY}::test_a_token_from_elsewhere_and_its_claims"),
        "jwt.providers.recomputeRoute": yes(f"{_SECURITY}::test_a_claim_decides_on_the_route"),
        "jwt.providers.remoteJWKS": yes(f"{_SECURITY}::test_keys_are_fetched"),
        "jwt.providers.remoteJWKS.backendSettings": _SETTINGS,
        "mergeType": yes(f"{_ATTACHMENT}::test_merging"),
        "oidc": yes(f"{_SECURITY}::test_people_sign_in", f"{_SECURITY}::test_sign_in_as_it_is_asked_for"),
        "oidc.passThroughAuthHeader": yes(f"{_SECURITY}::test_who_has_a_token_need_not_sign_in"),
        "oidc.provider.backendSettings": _SETTINGS,
        "targetRef": yes(f"{_ATTACHMENT}::test_precedence"),
        "targetRefs": yes(f"{_ATTACHMENT}::test_precedence"),
        "targetSelectors": yes(f"{_ATTACHMENT}::test_selectors"),
    }
)
