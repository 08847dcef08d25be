"""Listeners → sockets and filter chains."""

from __future__ import annotations

from reconciler import ir
from tests.resolve.scene import gateway, https, listener, obj, resolve

CERT = obj("Secret", "cert", type="kubernetes.io/tls")


def test_http_listeners_of_a_port_share_a_chain() -> None:
    scene = resolve(
        gateway(
            listener("wild", hostname="*.example.com"),
            listener("any"),
            listener("exact", hostname="a.example.com"),
            listener("alone", 8080),
        )
    )
    assert scene.fleets["app/gw"].listeners == (
        ir.Listener("tcp-80", ("0.0.0.0",), 80, (ir.HTTPChain("http-80", ("*", "*.example.com", "a.example.com")),)),
        ir.Listener("tcp-8080", ("0.0.0.0",), 8080, (ir.HTTPChain("http-8080", ("*",)),)),
    )


def test_https_listeners_have_a_chain_each() -> None:
    scene = resolve(CERT, gateway(https("one", "a.example.com"), https("any")))
    tls = ir.TLS(("app/cert",))
    assert scene.fleets["app/gw"] == ir.Fleet(
        "app/gw",
        (
            ir.Listener(
                "tcp-443",
                ("0.0.0.0",),
                443,
                (
                    ir.HTTPChain("app/gw/any", ("*",), (), tls, ("a.example.com",)),
                    ir.HTTPChain("app/gw/one", ("a.example.com",), ("a.example.com",), tls, ("*",)),
                ),
            ),
        ),
        (ir.Secret("app/cert"),),
    )
