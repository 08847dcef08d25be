"""The kinds of policies that are attached to Gateways, listeners and routes: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, cast

from reconciler import ir
from reconciler.resolve.policies.effective import Effective, Outcome

if TYPE_CHECKING:
    from reconciler.resolve.world import World

HTTP_ROUTES: Final = frozenset({"HTTPRoute", "GRPCRoute"})
ALL_ROUTES: Final = HTTP_ROUTES | {"TLSRoute", "TCPRoute", "UDPRoute"}


class Rules(Protocol):
    """What the module of a kind has, as the package's documentation says."""

    def resolve(self, effective: Effective[Any], world: World) -> Outcome:
        """What a policy comes to."""

    def govern(self, rule: ir.Rule, settings: Any) -> ir.Rule:
        """A rule under the policy."""

    def govern_l4(self, unit: ir.L4Unit, settings: Any) -> ir.L4Unit:
        """A route of connections or datagrams under the policy."""


class PolicyKind(NamedTuple):
    """A kind of policy.

    Attributes:
        name: the kind.
        module: its module in this package.
        routes: the kinds of routes that it bears on; none: it is about listeners.
        joined: lists that a StrategicMerge joins, the parent's entries first, by their path below the spec; all others
            are replaced.
    """

    name: str
    module: str
    routes: frozenset[str] = frozenset()
    joined: frozenset[tuple[str, ...]] = frozenset()

    @property
    def rules(self) -> Rules:
        """Its functions, imported when first asked for."""
        return _rules(self.module)


@cache
def _rules(module: str) -> Rules:
    return cast("Rules", import_module(f"reconciler.resolve.policies.{module}"))


POLICY_KINDS: Final[Mapping[str, PolicyKind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            PolicyKind(
                "BackendTrafficPolicy",
                "backend_traffic",
                ALL_ROUTES,
                frozenset({("rateLimit", "local", "rules"), ("rateLimit", "global", "rules")}),
            ),
            PolicyKind("ClientTrafficPolicy", "client_traffic"),
            PolicyKind("EnvoyExtensionPolicy", "extensions", HTTP_ROUTES),
            PolicyKind("SecurityPolicy", "security", HTTP_ROUTES | {"TCPRoute"}),
        )
    }
)
"""Kind → what is particular to it, in the order in which they are applied."""
