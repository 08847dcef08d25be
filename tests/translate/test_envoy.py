"""A real Envoy takes what is translated."""

from __future__ import annotations

from reconciler.snapshot.build import build
from reconciler.snapshot.envoy_validate import validate
from reconciler.translate.fleet import assemble
from reconciler.translate.units import translate
from tests.support import binaries
from tests.translate import sample


def test_envoy_accepts_a_fleet_with_some_of_everything() -> None:
    snapshot = build(assemble(sample.FLEET, [translate(unit) for unit in sample.ALL_UNITS]))
    assert validate(snapshot, str(binaries.envoy())).reason == ""
