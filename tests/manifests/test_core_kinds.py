"""Namespace, Service, EndpointSlice, Secret and ConfigMap, as Kubernetes' own API has them."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from reconciler.diagnostics import FieldPath
from tests.manifests.objects import accept, make, refusal, refuse

Fields = dict[str, Any]
PORT = {"port": 80}
TLS = "kubernetes.io/tls"


def service(**spec: Any) -> Fields:
    return make("Service", spec={"ports": [PORT]} | spec)


def ports(*each: Fields) -> Fields:
    return service(ports=list(each))


def endpoint_slice(**fields: Any) -> Fields:
    return make("EndpointSlice", **({"addressType": "IPv4"} | fields))


def addresses(type_: str, *each: str) -> Fields:
    return endpoint_slice(addressType=type_, endpoints=[{"addresses": list(each)}])


class TestNamespace:
    def test_it_is_labelled_with_its_name(self) -> None:
        namespace = accept(make("Namespace", {"labels": {"a": "b", "kubernetes.io/metadata.name": "c"}}))
        assert namespace.metadata.labels == {"a": "b", "kubernetes.io/metadata.name": "sample"}
        assert accept(make("Namespace")).metadata.labels == {"kubernetes.io/metadata.name": "sample"}

    def test_its_manifest_is_left_as_it_was(self) -> None:
        raw = make("Namespace", {"labels": {"a": "b"}})
        accept(raw)
        assert raw["metadata"]["labels"] == {"a": "b"}

    def test_finalizers(self) -> None:
        assert accept(make("Namespace", spec={"finalizers": ["kubernetes"]})).spec.finalizers == ["kubernetes"]


class TestService:
    def test_defaults(self) -> None:
        spec = accept(service()).spec
        (port,) = spec.ports
        assert (port.name, port.protocol, port.port, port.target_port, port.app_protocol) == ("", "TCP", 80, 80, None)
        assert (spec.type, spec.cluster_ip, spec.external_name, spec.headless) == ("ClusterIP", "", "", False)

    @pytest.mark.parametrize("target", [1, 65535, "http", "a-1", "1a"])
    def test_target_ports(self, target: int | str) -> None:
        assert accept(ports(PORT | {"targetPort": target})).spec.ports[0].target_port == target

    def test_a_target_port_that_is_null_is_the_port(self) -> None:
        assert accept(ports(PORT | {"targetPort": None})).spec.ports[0].target_port == 80

    @pytest.mark.parametrize(
        "spec", [{"clusterIP": "None"}, {"clusterIPs": ["None"]}, {"clusterIP": "None", "ports": []}]
    )
    def test_headless(self, spec: Fields) -> None:
        assert accept(service(**spec)).spec.headless

    def test_everything_that_a_service_may_have(self) -> None:
        spec = {
            "type": "LoadBalancer",
            "selector": {"app": "a"},
            "clusterIP": "10.0.0.1",
            "clusterIPs": ["10.0.0.1", "fd00::1"],
            "externalIPs": ["192.0.2.1"],
            "sessionAffinity": "ClientIP",
            "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 1}},
            "loadBalancerIP": "192.0.2.1",
            "loadBalancerSourceRanges": ["10.0.0.0/8"],
            "loadBalancerClass": "example.com/a",
            "allocateLoadBalancerNodePorts": False,
            "externalTrafficPolicy": "Local",
            "internalTrafficPolicy": "Cluster",
            "healthCheckNodePort": 30000,
            "publishNotReadyAddresses": True,
            "ipFamilies": ["IPv4", "IPv6"],
            "ipFamilyPolicy": "PreferDualStack",
            "trafficDistribution": "PreferClose",
            "ports": [
                {
                    "name": "a",
                    "protocol": "UDP",
                    "port": 53,
                    "targetPort": "dns",
                    "nodePort": 30001,
                    "appProtocol": "kubernetes.io/h2c",
                }
            ],
        }
        accept(make("Service", spec=spec))

    @pytest.mark.parametrize("name", ["a.example", "a.example.", "a"])
    def test_external_names(self, name: str) -> None:
        assert accept(make("Service", spec={"type": "ExternalName", "externalName": name})).spec.external_name == name

    def test_port_numbers_may_be_shared_by_protocols(self) -> None:
        accept(ports(PORT | {"name": "a"}, PORT | {"name": "b", "protocol": "UDP"}))

    @pytest.mark.parametrize(
        ("raw", "path", "words"),
        [
            (make("Service", spec={}), (), "must have ports"),
            (ports({"port": 0}), ("ports", 0, "port"), "at least 1"),
            (ports(PORT | {"targetPort": 0}), ("ports", 0, "targetPort"), "between 1 and 65535; is 0"),
            (ports(PORT | {"targetPort": True}), ("ports", 0, "targetPort"), "number or its name; is true"),
            (ports(PORT | {"targetPort": "a--b"}), ("ports", 0, "targetPort"), "at most 15"),
            (ports(PORT | {"targetPort": "a" * 16}), ("ports", 0, "targetPort"), "at most 15"),
            (ports(PORT | {"targetPort": "8080"}), ("ports", 0, "targetPort"), "must be a port's number"),
            (ports(PORT, {"port": 81, "name": "a"}), ("ports", 0), "must have a name"),
            (ports(PORT | {"name": "a"}, {"port": 81, "name": "a"}), ("ports", 1, "name"), "must be unique"),
            (ports(PORT | {"name": "a"}, PORT | {"name": "b"}), ("ports", 1), "port and protocol together"),
            (ports(PORT | {"name": "A"}), ("ports", 0, "name"), 'DNS label: lower case letters and digits, with "-"'),
            (ports(PORT | {"protocol": "HTTP"}), ("ports", 0, "protocol"), "one of TCP, UDP, SCTP"),
            (ports(PORT | {"appProtocol": "a b"}), ("ports", 0, "appProtocol"), "must be a name"),
            (service(type="Internal"), ("type",), "must be one of ClusterIP"),
            (service(clusterIP="here"), ("clusterIP",), "must be an IP address"),
            (service(clusterIP="None", type="LoadBalancer"), ("clusterIP",), "must not be None"),
            (service(clusterIP="10.0.0.1", clusterIPs=["10.0.0.2"]), ("clusterIPs",), "the same as clusterIP"),
            (service(type="ExternalName"), ("externalName",), "where type is ExternalName"),
            (service(type="ExternalName", externalName="A"), ("externalName",), "lower case"),
            (service(type="ExternalName", externalName="a", clusterIP="None"), ("clusterIP",), "must not be set"),
            (service(externalIPs=["a"]), ("externalIPs", 0), "must be an IP address"),
            (service(selector={"a b": "c"}), ("selector", "a b"), "must be a name"),
        ],
    )
    def test_mistakes(self, raw: Fields, path: FieldPath, words: str) -> None:
        found = refuse(raw)
        assert [each.path for each in found] == [("spec", *path)]
        assert words in found[0].message

    def test_a_target_port_in_quotes_comes_with_help(self) -> None:
        assert refusal(ports(PORT | {"targetPort": "8080"}))[3] == "Write it without quotes: 8080."

    def test_unknown_field(self) -> None:
        assert refusal(ports(PORT | {"targetport": 1}))[3] == 'Did you mean "targetPort"?'

    def test_a_port_that_is_missing_is_reported_alone(self) -> None:
        assert refusal(ports({"name": "a"}))[2] == "spec.ports[0].port: required, but missing"


class TestEndpointSlice:
    def test_defaults(self) -> None:
        found = accept(endpoint_slice(endpoints=[{"addresses": ["192.0.2.1"]}], ports=[{}]))
        (endpoint,), (port,) = found.endpoints, found.ports
        assert (endpoint.conditions.ready, endpoint.conditions.serving, endpoint.conditions.terminating) == (None,) * 3
        assert (endpoint.hostname, endpoint.zone, endpoint.node_name) == (None, None, None)
        assert (port.name, port.protocol, port.port, port.app_protocol) == ("", "TCP", None, None)
        assert found.service == ""

    def test_service(self) -> None:
        raw = make("EndpointSlice", {"labels": {"kubernetes.io/service-name": "a"}}, addressType="IPv4")
        assert accept(raw).service == "a"

    def test_everything_that_an_endpoint_may_have(self) -> None:
        endpoint = {
            "addresses": ["192.0.2.1"],
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "hostname": "a",
            "nodeName": "node",
            "zone": "zone",
            "hints": {"forZones": [{"name": "zone"}], "forNodes": [{"name": "node"}]},
            "targetRef": {"kind": "Pod", "name": "a", "namespace": "b"},
            "deprecatedTopology": {"a": "b"},
        }
        accept(
            endpoint_slice(
                endpoints=[endpoint], ports=[{"name": "a", "port": 80, "protocol": "TCP", "appProtocol": "http"}]
            )
        )

    @pytest.mark.parametrize(
        ("type_", "address"),
        [
            ("IPv4", "192.0.2.1"),
            ("IPv4", "127.0.0.1"),
            ("IPv6", "2001:db8::1"),
            ("FQDN", "a.example"),
            ("FQDN", "a.b."),
        ],
    )
    def test_addresses(self, type_: str, address: str) -> None:
        assert accept(addresses(type_, address)).endpoints[0].addresses == [address]

    @pytest.mark.parametrize(
        ("type_", "address"),
        [
            ("IPv4", "2001:db8::1"),
            ("IPv4", "192.0.2.01"),
            ("IPv4", "a.example"),
            ("IPv6", "192.0.2.1"),
            ("IPv6", "fe80::1%eth0"),
            ("FQDN", "a"),
            ("FQDN", "A.example"),
        ],
    )
    def test_wrong_addresses(self, type_: str, address: str) -> None:
        code, path, message, _ = refusal(addresses(type_, address))
        assert (code, path) == ("GW105", ("endpoints", 0, "addresses", 0))
        assert message.endswith(f'where addressType is {type_}; is "{address}"')

    @pytest.mark.parametrize(
        ("raw", "path", "words"),
        [
            (make("EndpointSlice"), (), "addressType: required"),
            (endpoint_slice(addressType="IP"), ("addressType",), "must be one of IPv4, IPv6, FQDN"),
            (endpoint_slice(endpoints=[{"addresses": []}]), ("endpoints", 0, "addresses"), "must not be empty"),
            (endpoint_slice(endpoints=[{"addresses": ["192.0.2.1"]}] * 1001), ("endpoints",), "at most 1000"),
            (endpoint_slice(ports=[{"port": 1}, {"port": 2}]), ("ports", 1, "name"), "must be unique"),
            (endpoint_slice(ports=[{"name": "A"}]), ("ports", 0, "name"), "DNS label"),
            (endpoint_slice(ports=[{"port": "80"}]), ("ports", 0, "port"), "whole number"),
        ],
    )
    def test_mistakes(self, raw: Fields, path: FieldPath, words: str) -> None:
        _, found, message, _ = refusal(raw)
        assert found == path
        assert words in message


def encoded(text: str) -> str:
    return b64encode(text.encode()).decode()


class TestSecret:
    def test_without_content(self) -> None:
        secret = accept(make("Secret"))
        assert (secret.type, secret.data, secret.string_data) == ("Opaque", {}, {})
        assert not secret.has_content

    def test_content(self) -> None:
        data = {
            "a": encoded("x"),
            "b": encoded("y"),
            "c": encoded("a long value")[:8] + "\n" + encoded("a long value")[8:],
        }
        secret = accept(make("Secret", data=data, stringData={"b": "ü"}))
        assert secret.content() == {"a": b"x", "b": "ü".encode(), "c": b"a long value"}
        assert secret.has_content

    @pytest.mark.parametrize("value", ["*", "YQ", "YQ=", "YQ==YQ==", "ü", "Y Q=="])
    def test_what_is_not_base64(self, value: str) -> None:
        code, path, message, help_ = refusal(make("Secret", data={"a": value}))
        assert (code, path, message) == ("GW105", ("data", "a"), "data.a: must be base64, with padding")
        assert "stringData" in help_

    @pytest.mark.parametrize("key", ["tls.crt", ".dockercfg", "a_b-C.1"])
    def test_keys(self, key: str) -> None:
        accept(make("Secret", data={key: ""}))

    @pytest.mark.parametrize("key", ["a/b", "", ".", "..", "..a", "a" * 254])
    def test_wrong_keys(self, key: str) -> None:
        (found,) = refuse(make("Secret", data={key: ""}))
        assert found.path == ("data", key)
        assert found.on_key

    @pytest.mark.parametrize(
        ("type_", "keys"),
        [
            (TLS, ["tls.crt", "tls.key"]),
            ("kubernetes.io/ssh-auth", ["ssh-privatekey"]),
            ("kubernetes.io/basic-auth", ["password"]),
            ("kubernetes.io/dockerconfigjson", [".dockerconfigjson"]),
        ],
    )
    def test_types_ask_for_keys(self, type_: str, keys: list[str]) -> None:
        accept(make("Secret", type=type_))
        accept(make("Secret", type=type_, stringData=dict.fromkeys(keys, "")))
        for found in refuse(make("Secret", type=type_, stringData={"other": ""})):
            assert found.code == "GW105"
            assert f"where type is {type_}" in found.message

    def test_size(self) -> None:
        assert "at most 1048576 bytes" in refusal(make("Secret", stringData={"a": "x" * (2**20 + 1)}))[2]


class TestConfigMap:
    def test_content(self) -> None:
        config = accept(make("ConfigMap", data={"a": "ü"}, binaryData={"b": encoded("y")}, immutable=True))
        assert config.content() == {"a": "ü".encode(), "b": b"y"}
        assert accept(make("ConfigMap")).content() == {}

    @pytest.mark.parametrize(
        ("fields", "path", "words"),
        [
            ({"data": {"a": 1}}, ("data", "a"), "must be text; is 1"),
            ({"binaryData": {"a": "*"}}, ("binaryData", "a"), "base64"),
            (
                {"data": {"a": ""}, "binaryData": {"a": ""}},
                ("binaryData", "a"),
                "must not be in data and in binaryData",
            ),
            ({"data": {"a": "x" * (2**20 + 1)}}, (), "at most 1048576 bytes"),
            ({"stringData": {}}, ("stringData",), "unknown field"),
        ],
    )
    def test_mistakes(self, fields: Fields, path: FieldPath, words: str) -> None:
        _, found, message, _ = refusal(make("ConfigMap", **fields))
        assert found == path
        assert words in message
