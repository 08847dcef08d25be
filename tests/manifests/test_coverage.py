"""Every field of Envoy Gateway's kinds is listed with what becomes of it. Needs the CRDs' files, as `test_crds`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.manifests import coverage
from reconciler.manifests.registry import ENVOY_GATEWAY, KINDS
from tests.support.binaries import ROOT

KIND_NAMES = [kind.name for kind in KINDS.values() if kind.group == ENVOY_GATEWAY and kind.translated]
UNLISTED = {
    "Backend",
    "ClientTrafficPolicy",
    "EnvoyPatchPolicy",
}
"""Kinds whose fields are still to be listed."""

LISTED = [name for name in KIND_NAMES if name not in UNLISTED]
kinds = pytest.mark.parametrize("kind", LISTED)


def leaves(schema: Any, path: str = "") -> Iterator[str]:
    """The paths of all fields without fields of their own."""
    schema = schema.get("items", schema)
    properties = schema.get("properties", {})
    if not properties and path:
        yield path
    for name, each in properties.items():
        yield from leaves(each, f"{path}.{name}".removeprefix("."))


def structures(schema: Any, path: str = "") -> Iterator[str]:
    """The paths of all fields."""
    for name, each in schema.get("items", schema).get("properties", {}).items():
        at = f"{path}.{name}".removeprefix(".")
        yield at
        yield from structures(each, at)


def spec(crds: dict[str, Any], kind: str) -> Any:
    return crds[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]


@kinds
def test_every_field_is_listed(crds: dict[str, Any], kind: str) -> None:
    listed = coverage.fields(kind)
    assert [path for path in leaves(spec(crds, kind)) if coverage.coverage(path, listed) is None] == []


@kinds
def test_what_is_listed_is_a_field(crds: dict[str, Any], kind: str) -> None:
    assert set(coverage.fields(kind)) - set(structures(spec(crds, kind))) == set()


@kinds
def test_what_is_translated_has_a_test_with_traffic(kind: str) -> None:
    for path, found in coverage.fields(kind).items():
        for test in found.by.split() if found.state == coverage.YES else ():
            file, _, name = test.partition("::")
            assert f"def {name}(" in (ROOT / "tests" / "traffic" / file).read_text(), path
        assert found.by, path


@kinds
def test_what_has_no_meaning_has_a_diagnostic(kind: str) -> None:
    for path, found in coverage.fields(kind).items():
        if found.state == coverage.NO_MEANING:
            assert re.fullmatch(r"GW\d{3}", found.by), path


def test_the_readme_has_the_table() -> None:
    """What is to stand there is in the message of the failure."""
    readme = (ROOT / "README.md").read_text()
    assert f"<!-- generated: fields -->\n{coverage.table(sorted(LISTED))}\n\n" in readme
