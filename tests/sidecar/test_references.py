"""Which secrets a fleet's resources use, read from their bytes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from reconciler.sidecar.protocol import content
from reconciler.sidecar.protocol.prepare import secret_references
from reconciler.snapshot.model import Resource
from tests.sidecar.envoys import cluster, encoded, listener
from tests.sidecar.releases import CDS, LDS, resource

LABEL = st.from_regex(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", fullmatch=True)


@given(st.lists(st.tuples(LABEL, LABEL, st.sampled_from(["", "/ca.crt"])), max_size=3))
def test_every_reference_is_found(names: list[tuple[str, str, str]]) -> None:
    """Names of any length that Kubernetes allows, in real messages."""
    wanted = sorted({f"{namespace}/{name}{suffix}" for namespace, name, suffix in names})
    made = [Resource(f"l{n}", "1", encoded(LDS, listener(80, "t", secret=name))) for n, name in enumerate(wanted)]
    found = secret_references(content(LDS, "1", made))
    assert found == {name: (f"l{n}",) for n, name in enumerate(wanted)}


def test_what_uses_no_secret_names_none() -> None:
    made = [Resource("ns/cert", "1", encoded(CDS, cluster("ns/cert")))]
    assert secret_references(content(CDS, "1", made)) == {}


@given(st.binary(max_size=300))
def test_no_bytes_are_too_strange(data: bytes) -> None:
    secret_references(content(LDS, "1", [Resource("a", "1", data)]))


def test_a_text_that_looks_alike_is_none() -> None:
    """The length has to fit."""
    assert secret_references(content(LDS, "1", [resource("a", "\n\x05ns/cert\x12\x02\x1a\x00")])) == {}
