"""GW150 to GW199: values that a schema allows and a controller does not."""

from __future__ import annotations

from typing import Final

from reconciler.review.catalogue.entry import Entry

ENTRIES: Final = (
    Entry(
        "GW151",
        "bad regular expression",
        "The expression is not one of RE2, which Envoy uses: look-ahead, look-behind and back references do not "
        "exist there.",
        "Rewrite it in RE2's syntax.",
        "path:\n  type: RegularExpression\n  value: /(?!admin).*",
    ),
    Entry(
        "GW152", "bad header", "The header cannot be matched or changed by Envoy.", "Use another header name or value."
    ),
    Entry(
        "GW153", "bad path", "The path cannot match any request, or cannot be what a rewrite makes.", "See the message."
    ),
    Entry(
        "GW154",
        "match without effect",
        "Of several matches of one header or query parameter only the first counts (Gateway API).",
        "Merge them into one regular expression, or remove the later ones.",
        "headers:\n  - {name: x-env, value: a}\n  - {name: X-Env, value: b}    # ignored",
    ),
    Entry(
        "GW155",
        "field or filter not translated",
        "The field is valid but gitway does not translate it yet. Where leaving it out would be unsafe, the rule "
        "answers "
        "500 instead.",
        "Do not rely on it.",
    ),
    Entry(
        "GW156",
        "bad listener",
        "A listener that cannot be served: its protocol is not supported, or its selectors or TLS settings are not "
        "valid.",
        "See the message; the other listeners of the Gateway are served.",
        "listeners:\n  - {name: web, port: 80, protocol: SCTP}",
    ),
    Entry(
        "GW157",
        "bad address",
        "The Gateway asks for an address that cannot be bound, or is none of the fleets' (addresses in gitway.yaml).",
        "Use an address of the fleets, or extend addresses.",
    ),
    Entry("GW158", "bad backend", "A Backend has an endpoint that cannot be used.", "See the message."),
    Entry(
        "GW159",
        "address of a load balancer",
        "Without addresses in gitway.yaml a Gateway's addresses are taken for a load balancer's: listeners bind all "
        "addresses of their host.",
        "Nothing where that is so; else list the fleets' CIDRs in gitway.yaml.",
        "spec:\n  addresses: [{value: 203.0.113.7}]",
    ),
    Entry(
        "GW160",
        "session persistence not supported",
        "Envoy cannot keep a session the way that is asked for, in whole or in part.",
        "See the message; cookies with a lifetime in whole seconds always work.",
    ),
    Entry(
        "GW161",
        "CORS wildcard without effect",
        "Browsers take a wildcard literally once credentials are allowed, so that it would allow nothing.",
        "Name the headers or methods.",
        'allowCredentials: true\nexposeHeaders: ["*"]',
    ),
    Entry(
        "GW165",
        "bad HTTPRouteFilter",
        "An HTTPRouteFilter asks for something that cannot be done here: rules that use it answer 500.",
        "See the message.",
    ),
    Entry(
        "GW166",
        "bad URL",
        "A policy names something that is not a URL, or not one that can be called: what it covers answers 500.",
        "Write an http or https URL with a host name, or name the service by backendRefs.",
    ),
    Entry(
        "GW167",
        "bad CEL expression",
        "An expression of CEL cannot be read, or uses what Envoy has not got, such as loops.",
        "See the message; Envoy has the functions of strings, of types and of times, and `in` for lists.",
    ),
    Entry(
        "GW168",
        "OIDC provider not locked",
        "A policy leaves it to the provider to name its endpoints, and nothing is fetched while building.",
        "Name authorizationEndpoint and tokenEndpoint in the policy, as its openid-configuration has them.",
    ),
    Entry(
        "GW169",
        "scripts are not allowed",
        "An EnvoyExtensionPolicy has a script in Lua: whoever may write it runs code in the gateways.",
        "Set allowLua in gitway.yaml, or give --allow-lua.",
    ),
    Entry(
        "GW171",
        "too many rules",
        "The route has more rules or matches than the Gateway API allows.",
        "Split the route.",
    ),
    Entry(
        "GW172",
        "bad policy",
        "A policy asks for something that cannot be done: it is not in force.",
        "See the message.",
    ),
    Entry(
        "GW173",
        "bad selector",
        "A label selector of a policy is not valid: it selects nothing.",
        "See the message.",
    ),
    Entry(
        "GW174",
        "deprecated field",
        "The field still works, and will go with a later version of the CRDs.",
        "Use the field that the message names.",
    ),
    Entry(
        "GW175",
        "setting without meaning",
        "The setting is valid, but there is nothing here that it could change.",
        "Remove it, or see the message for where it does something.",
    ),
    Entry(
        "GW176",
        "setting not supported",
        "The policy asks for something that Envoy cannot do, or not in this combination.",
        "See the message for what is done instead.",
    ),
    Entry(
        "GW177",
        "change of Envoy's configuration not made",
        "A change that an EnvoyPatchPolicy asks for cannot be made: the resource or the place is not there, or the"
        " result is not a message that Envoy could read. The rest is published.",
        "Compare the names with those of the published resources, and the fields with Envoy's documentation.",
    ),
    Entry(
        "GW178",
        "EnvoyPatchPolicies are disabled",
        "Such a policy changes what is published in ways that gitway cannot judge, so that they have to be allowed.",
        "Set allowEnvoyPatchPolicy in gitway.yaml, or give --allow-envoy-patch-policy.",
    ),
)
