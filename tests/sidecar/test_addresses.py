"""Where to listen, and who may connect."""

from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.sidecar.access import permitted_fleets, server_credentials
from reconciler.sidecar.addresses import Address, AddressError, parse_address


@pytest.mark.parametrize(
    ("text", "address", "loopback"),
    [
        ("127.0.0.1:18000", Address("127.0.0.1", 18000), True),
        ("127.1.2.3:1", Address("127.1.2.3", 1), True),
        ("localhost:1", Address("localhost", 1), True),
        ("[::1]:1", Address("::1", 1), True),
        ("0.0.0.0:1", Address("0.0.0.0", 1), False),
        ("[::]:1", Address("::", 1), False),
        ("xds.example:1", Address("xds.example", 1), False),
        ("unix:/run/xds.sock", Address(path="/run/xds.sock"), True),
    ],
)
def test_addresses(text: str, address: Address, loopback: bool) -> None:
    parsed = parse_address(text)
    assert parsed == address
    assert str(parsed) == text
    assert parsed.loopback is loopback


@pytest.mark.parametrize("text", ["", "18000", ":18000", "host:", "host:x", "host:99999", "::1:80", "unix:", "[]:1"])
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert caught.value.help


def test_other_machines_need_mutual_tls(tmp_path: Path) -> None:
    with pytest.raises(AddressError, match="mutual TLS") as caught:
        server_credentials(Address("0.0.0.0", 1), None, None, None)
    assert "--client-ca" in caught.value.help
    with pytest.raises(AddressError, match="three files"):
        server_credentials(Address("127.0.0.1", 1), tmp_path, tmp_path, None)
    with pytest.raises(AddressError, match="cannot read"):
        server_credentials(Address("127.0.0.1", 1), *[tmp_path / "none"] * 3)
    assert server_credentials(Address("127.0.0.1", 1), None, None, None) is None


@pytest.mark.parametrize(
    ("name", "fleets"),
    [
        ("spiffe://example.org/gitway/infra/edge", {"infra/edge"}),
        ("spiffe://example.org/gitway/merged-class", {"merged-class"}),
        ("spiffe://example.org/other/infra/edge", set()),
        ("spiffe:///gitway/infra/edge", set()),
        ("https://example.org/gitway/infra/edge", set()),
        ("spiffe://example.org/gitway/", set()),
        ("spiffe://example.org/gitway/infra/edge?x=1", set()),
        ("edge.example.org", set()),
    ],
)
def test_a_certificate_names_the_fleets_it_permits(name: str, fleets: set[str]) -> None:
    assert permitted_fleets({"x509_subject_alternative_name": [name.encode()]}) == fleets
