"""GW2xx: names that lead nowhere, or where they must not."""

from __future__ import annotations

from typing import Final

from reconciler.review.catalogue.entry import Entry

ENTRIES: Final = (
    Entry(
        "GW201",
        "GatewayClass not found",
        "The Gateway names a GatewayClass that is not in the repository, so that no controller would take it.",
        "Add the GatewayClass, or correct gatewayClassName.",
        "spec:\n  gatewayClassName: envoi",
    ),
    Entry(
        "GW202",
        "GatewayClass of another controller",
        "The GatewayClass is not one of gitway's: its Gateways are left to others.",
        "Nothing where that is so; else list the controllerName under controllerNames in gitway.yaml.",
    ),
    Entry(
        "GW203",
        "parent not found",
        "A parentRef names a Gateway, ListenerSet or Service that is not in the repository: the route is attached "
        "to nothing.",
        "Correct name, namespace or kind of the parentRef, or add the object.",
        "parentRefs:\n  - name: egde    # the Gateway is edge",
    ),
    Entry(
        "GW204",
        "listener not found",
        "The parent has no listener with that sectionName or port.",
        "Name a listener of the parent in sectionName, or its port in port.",
        "parentRefs:\n  - {name: edge, sectionName: htps}",
    ),
    Entry(
        "GW205",
        "not allowed by the parent",
        "The Gateway does not let this route, or this ListenerSet, attach: by its namespace or kind.",
        "Change allowedRoutes (or allowedListeners) of the Gateway, or the namespace of what wants to attach.",
        "allowedRoutes:\n  namespaces: {from: Same}    # and the route is in another namespace",
    ),
    Entry(
        "GW206",
        "no hostname in common",
        "None of the route's hostnames is one that the listener serves: no request can ever reach the route there.",
        "Change the route's hostnames or the listener's hostname.",
        "hostname: '*.example.com'    # of the listener\nhostnames: [shop.example.org]    # of the route",
    ),
    Entry(
        "GW207",
        "backend not found",
        "A backendRef names a Service or Backend that is not in the repository. Its share of the requests is "
        "answered with "
        "500.",
        "Correct name, namespace, kind or group (the message names the nearest), or add the object.",
        "backendRefs:\n  - {name: chekout, port: 80}    # the Service is checkout",
    ),
    Entry(
        "GW208",
        "port not found",
        "The Service has no such port.",
        "Name one of the Service's ports, by number.",
        "backendRefs:\n  - {name: checkout, port: 8080}    # the Service has port 80",
    ),
    Entry(
        "GW209",
        "kind cannot be referred to here",
        "The reference is to a kind that cannot stand in this place.",
        "Refer to a kind that the message names.",
        "backendRefs:\n  - {kind: Pod, name: web}",
    ),
    Entry(
        "GW210",
        "backend not supported",
        "The backend exists, but gitway cannot send requests to it as it is.",
        "See the message. For host names outside the cluster use a Backend with an fqdn endpoint.",
        "spec:\n  type: ExternalName",
    ),
    Entry(
        "GW211",
        "no endpoints",
        "The Service has EndpointSlices in the repository, but none has a ready address: requests are answered with "
        "503.",
        "Add addresses to the EndpointSlice, or remove it so that the Service is looked up by DNS.",
    ),
    Entry(
        "GW212", "parameters not found", "parametersRef leads to no object that can be used.", "Correct the reference."
    ),
    Entry(
        "GW213",
        "certificate not found",
        "A listener, or a policy, names a Secret that is not in the repository: what needs it is not served.",
        "Declare the Secret by a manifest with type kubernetes.io/tls and no data; the sidecar reads its content.",
        "certificateRefs:\n  - name: shop-tsl",
    ),
    Entry("GW214", "bad certificate", "The certificate or its key cannot be used.", "See the message."),
    Entry(
        "GW215",
        "CA certificate not found",
        "The ConfigMap or Secret with the certificates of an authority is not in the repository.",
        "Correct the reference or add the object, with the certificates under ca.crt.",
    ),
    Entry("GW216", "bad CA certificate", "What is there is no bundle of certificates in PEM.", "See the message."),
    Entry(
        "GW217",
        "target of a policy not found",
        "A policy's target is not in the repository: the policy has no effect.",
        "Correct targetRefs, or add the object.",
        "targetRefs:\n  - {kind: Service, name: chekout}",
    ),
    Entry(
        "GW231",
        "HTTPRouteFilter not found",
        "An ExtensionRef names an HTTPRouteFilter that is not in the repository: the rule answers 500.",
        "Correct the name (the namespace is the route's own), or add the object.",
    ),
    Entry(
        "GW232",
        "Secret not found",
        "A Secret that a filter or policy takes a value from is not in the repository.",
        "Declare the Secret by a manifest, or correct the reference.",
    ),
    Entry(
        "GW233",
        "bad Secret",
        "The Secret is there, but has not what it is needed for.",
        "See the message for the key and the form of its value.",
    ),
    Entry(
        "GW234",
        "ConfigMap not found",
        "A ConfigMap that a filter or policy takes a value from is not in the repository.",
        "Correct the reference, or add the ConfigMap.",
    ),
    Entry(
        "GW235",
        "bad ConfigMap",
        "The ConfigMap is there, but has not what it is needed for.",
        "See the message for the key and the form of its value.",
    ),
    Entry(
        "GW218", "bad revocation list", "What is there is no list of revoked certificates in PEM.", "See the message."
    ),
)
