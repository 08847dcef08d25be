"""The order of HTTP filters, and how one takes part."""

from __future__ import annotations

import random

import pytest

from reconciler import ir
from reconciler.snapshot.encode import encode, to_any
from reconciler.snapshot.model import CLUSTER, LISTENER, ROUTE_CONFIGURATION
from reconciler.translate import messages as m
from reconciler.translate.filters import installed
from reconciler.translate.filters.base import NOTHING, ChainEntry, RuleConfig
from reconciler.translate.filters.order import ORDER, PREFIX, position
from tests.translate.build import fleet, rule, unit
from tests.translate.decode import assembled

IN_ORDER = [
    "custom_response/backendtrafficpolicy/default/errors",
    "health_check",
    "fault",
    "cors",
    "csrf",
    "header_mutation",
    "ext_authz/securitypolicy/default/auth",
    "api_key_auth",
    "basic_auth/securitypolicy/default/auth",
    "oauth2",
    "jwt_authn",
    "stateful_session",
    "buffer",
    "lua/envoyextensionpolicy/default/scripts/lua/2",
    "lua/envoyextensionpolicy/default/scripts/lua/10",
    "unheard_of",
    "ext_proc/envoyextensionpolicy/default/procs/extproc/0",
    "ext_proc/envoyextensionpolicy/default/procs/extproc/1",
    "wasm/envoyextensionpolicy/default/modules/wasm/0",
    "dynamic_modules/envoyextensionpolicy/default/modules/0",
    "geoip",
    "rbac",
    "rbac.dfp_loopback_deny",
    "local_ratelimit",
    "ratelimit",
    "ratelimit/shared",
    "bandwidth_limit/request",
    "bandwidth_limit/response",
    "grpc_web",
    "grpc_stats",
    "credential_injector/httproutefilter/default/token",
    "compressor.brotli",
    "compressor.gzip",
    "dynamic_forward_proxy",
    "router",
]


def test_order() -> None:
    names = [PREFIX + name for name in IN_ORDER]
    shuffled = random.Random(1).sample(names, len(names))
    assert sorted(shuffled, key=position) == names
    assert {name.partition("/")[0].partition(".")[0] for name in IN_ORDER} - {"unheard_of"} == ORDER.keys()


class Stamp:
    """A filter that stamps routes of rules with a name, and has a cluster."""

    name = PREFIX + "ext_authz/stamp"

    def chain_entries(self, chain: ir.HTTPChain) -> tuple[ChainEntry, ...]:
        return ()

    def rule_config(self, _name: str, rule: ir.Rule) -> RuleConfig:
        if not rule.name:
            return NOTHING
        entry = m.HttpFilter(name=self.name, disabled=True)
        return RuleConfig(
            per_route=((self.name, to_any(m.HeaderValue(key="stamp", value=rule.name))),),
            chain_entries=((self.name, encode(entry)),),
            resources=((CLUSTER, "stamp", encode(m.Cluster(name="stamp"))),),
        )


def test_a_filter_of_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installed, "FILTERS", (*installed.FILTERS, Stamp()))
    found = assembled(fleet(), unit(rule(index=0), rule(index=1, name="first"), rule(index=2, name="second")))
    chain = found[LISTENER]["tcp-80"]["default_filter_chain"]["filters"][0]["typed_config"]
    assert [(one["name"], one.get("disabled", False)) for one in chain["http_filters"]] == [
        (Stamp.name, True),
        (PREFIX + "router", False),
    ]
    routes = next(host for host in found[ROUTE_CONFIGURATION]["http-80"]["virtual_hosts"] if host["name"] != "*")
    stamps = [route.get("typed_per_filter_config", {}).get(Stamp.name, {}).get("value") for route in routes["routes"]]
    assert stamps == [None, "first", "second"]
    assert "stamp" in found[CLUSTER]


def test_nothing_is_added_where_no_route_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    without = assembled(fleet(), unit())
    monkeypatch.setattr(installed, "FILTERS", (*installed.FILTERS, Stamp()))
    assert assembled(fleet(), unit()) == without
