"""Constructors of the Envoy messages used here: like the classes of envoy-data-plane, but without validation.

A class that validates compiles its schema at first use, which takes longer than the translation of a thousand routes.
What is built here is checked by tests against the validating classes and by a real Envoy.
"""

from __future__ import annotations

from reconciler.snapshot.encode import unvalidated
from reconciler.snapshot.protos import (
    accesslog,
    cluster,
    core,
    cors,
    credential_injector,
    dns_cluster,
    endpoint,
    ext_authz,
    file_access_log,
    generic_credential,
    grpc_stats,
    grpc_web,
    hcm,
    http_types,
    lb_common,
    least_request,
    listener,
    matcher,
    mutation_rules,
    network_inputs,
    previous_hosts,
    protobuf,
    route,
    router,
    runtime_fraction,
    session_cookie,
    session_header,
    stateful_session,
    tcp_proxy,
    tls,
    tls_inspector,
    types,
    udp_proxy,
    upstream_codec,
    upstream_http,
    xds_core,
    xds_matcher,
)

Any = unvalidated(protobuf.Any)
Struct = unvalidated(protobuf.Struct)
ListValue = unvalidated(protobuf.ListValue)
Value = unvalidated(protobuf.Value)

Address = unvalidated(core.Address)
AggregatedConfigSource = unvalidated(core.AggregatedConfigSource)
BackoffStrategy = unvalidated(core.BackoffStrategy)
ConfigSource = unvalidated(core.ConfigSource)
CoreRetryPolicy = unvalidated(core.RetryPolicy)
DataSource = unvalidated(core.DataSource)
FractionalPercent = unvalidated(types.FractionalPercent)
HeaderValue = unvalidated(core.HeaderValue)
HeaderValueOption = unvalidated(core.HeaderValueOption)
Http1ProtocolOptions = unvalidated(core.Http1ProtocolOptions)
Http2ProtocolOptions = unvalidated(core.Http2ProtocolOptions)
HttpProtocolOptions = unvalidated(core.HttpProtocolOptions)
Locality = unvalidated(core.Locality)
Metadata = unvalidated(core.Metadata)
Pipe = unvalidated(core.Pipe)
RuntimeFractionalPercent = unvalidated(core.RuntimeFractionalPercent)
SocketAddress = unvalidated(core.SocketAddress)
SubstitutionFormatString = unvalidated(core.SubstitutionFormatString)
TransportSocket = unvalidated(core.TransportSocket)
TypedExtensionConfig = unvalidated(core.TypedExtensionConfig)
UpstreamHttpOptions = unvalidated(core.UpstreamHttpProtocolOptions)

RegexMatchAndSubstitute = unvalidated(matcher.RegexMatchAndSubstitute)
ListStringMatcher = unvalidated(matcher.ListStringMatcher)
RegexMatcher = unvalidated(matcher.RegexMatcher)
StringMatcher = unvalidated(matcher.StringMatcher)

ClusterWeight = unvalidated(route.WeightedClusterClusterWeight)
CookieMatcher = unvalidated(route.CookieMatcher)
DirectResponseAction = unvalidated(route.DirectResponseAction)
FilterConfig = unvalidated(route.FilterConfig)
HeaderMatcher = unvalidated(route.HeaderMatcher)
QueryParameterMatcher = unvalidated(route.QueryParameterMatcher)
RedirectAction = unvalidated(route.RedirectAction)
MaxStreamDuration = unvalidated(route.RouteActionMaxStreamDuration)
PreviousHostsPredicate = unvalidated(previous_hosts.PreviousHostsPredicate)
RequestMirrorPolicy = unvalidated(route.RouteActionRequestMirrorPolicy)
RetryBackOff = unvalidated(route.RetryPolicyRetryBackOff)
RetryHostPredicate = unvalidated(route.RetryPolicyRetryHostPredicate)
RetryPolicy = unvalidated(route.RetryPolicy)
Route = unvalidated(route.Route)
RouteAction = unvalidated(route.RouteAction)
RouteConfiguration = unvalidated(route.RouteConfiguration)
RouteMatch = unvalidated(route.RouteMatch)
UpgradeConfig = unvalidated(route.RouteActionUpgradeConfig)
VirtualCluster = unvalidated(route.VirtualCluster)
VirtualHost = unvalidated(route.VirtualHost)
WeightedCluster = unvalidated(route.WeightedCluster)

AutoHttpConfig = unvalidated(upstream_http.HttpProtocolOptionsAutoHttpConfig)
Cookie = unvalidated(http_types.Cookie)
CookieBasedSessionState = unvalidated(session_cookie.CookieBasedSessionState)
Cors = unvalidated(cors.Cors)
CredentialInjector = unvalidated(credential_injector.CredentialInjector)
CorsPolicy = unvalidated(cors.CorsPolicy)
EnvoyGrpc = unvalidated(core.GrpcServiceEnvoyGrpc)
ExtAuthz = unvalidated(ext_authz.ExtAuthz)
ExtAuthzAuthorizationResponse = unvalidated(ext_authz.AuthorizationResponse)
ExtAuthzBufferSettings = unvalidated(ext_authz.BufferSettings)
ExtAuthzCheckSettings = unvalidated(ext_authz.CheckSettings)
ExtAuthzHttpService = unvalidated(ext_authz.HttpService)
ExtAuthzPerRoute = unvalidated(ext_authz.ExtAuthzPerRoute)
GenericCredential = unvalidated(generic_credential.Generic)
GrpcService = unvalidated(core.GrpcService)
GrpcStats = unvalidated(grpc_stats.FilterConfig)
GrpcWeb = unvalidated(grpc_web.GrpcWeb)
HeaderBasedSessionState = unvalidated(session_header.HeaderBasedSessionState)
HeaderMutationRules = unvalidated(mutation_rules.HeaderMutationRules)
HttpUri = unvalidated(core.HttpUri)
StatefulSession = unvalidated(stateful_session.StatefulSession)
UpstreamCodec = unvalidated(upstream_codec.UpstreamCodec)
StatefulSessionPerRoute = unvalidated(stateful_session.StatefulSessionPerRoute)

CircuitBreakers = unvalidated(cluster.CircuitBreakers)
CircuitBreakersThresholds = unvalidated(cluster.CircuitBreakersThresholds)
Cluster = unvalidated(cluster.Cluster)
CommonLbConfig = unvalidated(cluster.ClusterCommonLbConfig)
CustomClusterType = unvalidated(cluster.ClusterCustomClusterType)
DnsCluster = unvalidated(dns_cluster.DnsCluster)
EdsClusterConfig = unvalidated(cluster.ClusterEdsClusterConfig)
ExplicitHttpConfig = unvalidated(upstream_http.HttpProtocolOptionsExplicitHttpConfig)
LeastRequest = unvalidated(least_request.LeastRequest)
LoadBalancingPolicy = unvalidated(cluster.LoadBalancingPolicy)
LoadBalancingPolicyPolicy = unvalidated(cluster.LoadBalancingPolicyPolicy)
LocalityLbConfig = unvalidated(lb_common.LocalityLbConfig)
LocalityWeightedLbConfig = unvalidated(lb_common.LocalityLbConfigLocalityWeightedLbConfig)
TransportSocketMatch = unvalidated(cluster.ClusterTransportSocketMatch)
UpstreamHttpProtocolOptions = unvalidated(upstream_http.HttpProtocolOptions)
UseDownstreamHttpConfig = unvalidated(upstream_http.HttpProtocolOptionsUseDownstreamHttpConfig)

ClusterLoadAssignment = unvalidated(endpoint.ClusterLoadAssignment)
Endpoint = unvalidated(endpoint.Endpoint)
HealthCheckConfig = unvalidated(endpoint.EndpointHealthCheckConfig)
LbEndpoint = unvalidated(endpoint.LbEndpoint)
LocalityLbEndpoints = unvalidated(endpoint.LocalityLbEndpoints)

AccessLog = unvalidated(accesslog.AccessLog)
AccessLogFilter = unvalidated(accesslog.AccessLogFilter)
FileAccessLog = unvalidated(file_access_log.FileAccessLog)
ResponseFlagFilter = unvalidated(accesslog.ResponseFlagFilter)

AdditionalAddress = unvalidated(listener.AdditionalAddress)
Filter = unvalidated(listener.Filter)
FilterChain = unvalidated(listener.FilterChain)
FilterChainMatch = unvalidated(listener.FilterChainMatch)
HttpConnectionManager = unvalidated(hcm.HttpConnectionManager)
HttpFilter = unvalidated(hcm.HttpFilter)
Listener = unvalidated(listener.Listener)
ListenerFilter = unvalidated(listener.ListenerFilter)
Rds = unvalidated(hcm.Rds)
Router = unvalidated(router.Router)
UpstreamAccessLogOptions = unvalidated(router.RouterUpstreamAccessLogOptions)
TlsInspector = unvalidated(tls_inspector.TlsInspector)

TcpClusterWeight = unvalidated(tcp_proxy.TcpProxyWeightedClusterClusterWeight)
TcpProxy = unvalidated(tcp_proxy.TcpProxy)
TcpWeightedCluster = unvalidated(tcp_proxy.TcpProxyWeightedCluster)
UdpProxyConfig = unvalidated(udp_proxy.UdpProxyConfig)
UdpRoute = unvalidated(udp_proxy.Route)

FieldMatcher = unvalidated(xds_matcher.MatcherMatcherListFieldMatcher)
Matcher = unvalidated(xds_matcher.Matcher)
MatcherList = unvalidated(xds_matcher.MatcherMatcherList)
OnMatch = unvalidated(xds_matcher.MatcherOnMatch)
Predicate = unvalidated(xds_matcher.MatcherMatcherListPredicate)
RuntimeFraction = unvalidated(runtime_fraction.RuntimeFraction)
SinglePredicate = unvalidated(xds_matcher.MatcherMatcherListPredicateSinglePredicate)
SourcePortInput = unvalidated(network_inputs.SourcePortInput)
XdsGoogleRe2 = unvalidated(xds_matcher.RegexMatcherGoogleRe2)
XdsExtensionConfig = unvalidated(xds_core.TypedExtensionConfig)

CertificateValidationContext = unvalidated(tls.CertificateValidationContext)
CombinedValidationContext = unvalidated(tls.CommonTlsContextCombinedCertificateValidationContext)
CommonTlsContext = unvalidated(tls.CommonTlsContext)
DownstreamTlsContext = unvalidated(tls.DownstreamTlsContext)
GenericSecret = unvalidated(tls.GenericSecret)
SdsSecretConfig = unvalidated(tls.SdsSecretConfig)
Secret = unvalidated(tls.Secret)
SubjectAltNameMatcher = unvalidated(tls.SubjectAltNameMatcher)
TlsCertificate = unvalidated(tls.TlsCertificate)
TlsParameters = unvalidated(tls.TlsParameters)
UpstreamTlsContext = unvalidated(tls.UpstreamTlsContext)
