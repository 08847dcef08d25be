"""Constructors of the Envoy messages that only SecurityPolicies need, as in `messages`; imported where met."""

from __future__ import annotations

from reconciler.snapshot.encode import unvalidated
from reconciler.snapshot.postpone import postponed_dataclasses
from reconciler.snapshot.protos import core, matcher, types, xds_matcher

with postponed_dataclasses():
    from envoy_data_plane.cel import expr as cel_expr
    from envoy_data_plane.envoy.config.rbac import v3 as rbac_config
    from envoy_data_plane.envoy.extensions.filters.http.api_key_auth import v3 as api_key_auth
    from envoy_data_plane.envoy.extensions.filters.http.basic_auth import v3 as basic_auth
    from envoy_data_plane.envoy.extensions.filters.http.csrf import v3 as csrf
    from envoy_data_plane.envoy.extensions.filters.http.jwt_authn import v3 as jwt_authn
    from envoy_data_plane.envoy.extensions.filters.http.oauth2 import v3 as oauth2
    from envoy_data_plane.envoy.extensions.filters.http.rbac import v3 as http_rbac
    from envoy_data_plane.envoy.extensions.filters.network.rbac import v3 as network_rbac
    from envoy_data_plane.envoy.extensions.matching.common_inputs.network import v3 as network_inputs
    from envoy_data_plane.envoy.extensions.matching.input_matchers.ip import v3 as ip_matcher
    from envoy_data_plane.envoy.extensions.matching.input_matchers.metadata import v3 as metadata_matcher
    from envoy_data_plane.google import protobuf
    from envoy_data_plane.xds.type import v3 as xds_type

__all__ = ["cel_expr", "core", "csrf", "jwt_authn", "oauth2", "rbac_config", "xds_matcher", "xds_type"]

ApiKeyAuth = unvalidated(api_key_auth.ApiKeyAuth)
ApiKeyAuthPerRoute = unvalidated(api_key_auth.ApiKeyAuthPerRoute)
ApiKeyForwarding = unvalidated(api_key_auth.Forwarding)
ApiKeySource = unvalidated(api_key_auth.KeySource)
BasicAuth = unvalidated(basic_auth.BasicAuth)
BasicAuthPerRoute = unvalidated(basic_auth.BasicAuthPerRoute)
CsrfPolicy = unvalidated(csrf.CsrfPolicy)
Empty = unvalidated(protobuf.Empty)

JwksAsyncFetch = unvalidated(jwt_authn.JwksAsyncFetch)
JwtAuthentication = unvalidated(jwt_authn.JwtAuthentication)
JwtClaimToHeader = unvalidated(jwt_authn.JwtClaimToHeader)
JwtHeader = unvalidated(jwt_authn.JwtHeader)
JwtPerRoute = unvalidated(jwt_authn.PerRouteConfig)
JwtProvider = unvalidated(jwt_authn.JwtProvider)
JwtNormalizePayload = unvalidated(jwt_authn.JwtProviderNormalizePayload)
JwtRequirement = unvalidated(jwt_authn.JwtRequirement)
JwtRequirementOrList = unvalidated(jwt_authn.JwtRequirementOrList)
RemoteJwks = unvalidated(jwt_authn.RemoteJwks)

CookieConfig = unvalidated(oauth2.CookieConfig)
CookieConfigs = unvalidated(oauth2.CookieConfigs)
CookieNames = unvalidated(oauth2.OAuth2CredentialsCookieNames)
OAuth2 = unvalidated(oauth2.OAuth2)
OAuth2Config = unvalidated(oauth2.OAuth2Config)
OAuth2Credentials = unvalidated(oauth2.OAuth2Credentials)
OAuth2PerRoute = unvalidated(oauth2.OAuth2PerRoute)
TokenForwarding = unvalidated(oauth2.OAuth2TokenForwarding)
PathMatcher = unvalidated(matcher.PathMatcher)

CidrRange = unvalidated(core.CidrRange)
CelExpression = unvalidated(xds_type.CelExpression)
DynamicMetadataInput = unvalidated(network_inputs.DynamicMetadataInput)
DynamicMetadataKey = unvalidated(network_inputs.DynamicMetadataInputPathSegment)
HeaderInput = unvalidated(matcher.HttpRequestHeaderMatchInput)
HttpRbac = unvalidated(http_rbac.Rbac)
HttpRbacPerRoute = unvalidated(http_rbac.RbacPerRoute)
Ip = unvalidated(ip_matcher.Ip)
ListMatcher = unvalidated(matcher.ListMatcher)
MetadataMatcher = unvalidated(metadata_matcher.Metadata)
NetworkRbac = unvalidated(network_rbac.Rbac)
PredicateList = unvalidated(xds_matcher.MatcherMatcherListPredicatePredicateList)
RbacAction = unvalidated(rbac_config.Action)
SourceIpInput = unvalidated(network_inputs.SourceIpInput)
ValueMatcher = unvalidated(matcher.ValueMatcher)
XdsRegexMatcher = unvalidated(xds_matcher.RegexMatcher)
XdsStringMatcher = unvalidated(xds_matcher.StringMatcher)

HttpStatus = unvalidated(types.HttpStatus)

Constant = unvalidated(cel_expr.Constant)
Expr = unvalidated(cel_expr.Expr)
ExprCall = unvalidated(cel_expr.ExprCall)
ExprCreateList = unvalidated(cel_expr.ExprCreateList)
ExprCreateStruct = unvalidated(cel_expr.ExprCreateStruct)
ExprEntry = unvalidated(cel_expr.ExprCreateStructEntry)
ExprIdent = unvalidated(cel_expr.ExprIdent)
ExprSelect = unvalidated(cel_expr.ExprSelect)
NULL = protobuf.NullValue.NULL_VALUE
ParsedExpr = unvalidated(cel_expr.ParsedExpr)
