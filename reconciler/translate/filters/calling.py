"""Filters that call a service of their own: an entry of the chain for each, disabled, which routes enable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

from reconciler.ir.services import Service
from reconciler.translate.called_services import resources
from reconciler.translate.filters.base import RuleConfig
from reconciler.translate.filters.credential_injector import enabled


class Calling(Protocol):
    """What calls a service."""

    @property
    def service(self) -> Service:
        """The service."""


C = TypeVar("C", bound=Calling)


def calling_config(named: Sequence[tuple[str, C]], entry: Callable[[str, C], bytes]) -> RuleConfig:
    """What filters add for a rule, given their names; `entry` encodes the chain's."""
    called = [resources(one.service) for _, one in named]
    return RuleConfig(
        tuple((name, enabled()) for name, _ in named),
        tuple((name, entry(name, one)) for name, one in named),
        tuple(one for found, _ in called for one in found),
        tuple(one for _, names in called for one in names),
    )
