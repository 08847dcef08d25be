"""A fleet that has some of everything that is translated."""

from __future__ import annotations

from reconciler import ir
from reconciler.translate.headers import WITHOUT_ARGUMENT
from tests.support.certificates import self_signed
from tests.translate.build import FLEET as NAME
from tests.translate.build import (
    backend,
    dns_backend,
    endpoint,
    exact,
    http_listener,
    https_chain,
    https_listener,
    placement,
    prefix,
    regex,
    rule,
    unit,
)

INSIDE, OUTSIDE = "infra/inside", "infra/outside"
"""Certificates whose content is part of the snapshot, and is not."""

AUTHORITY, SYSTEM, ABSENT = "infra/authority", "system_ca_certificates", "infra/absent/ca.crt"
"""Authorities whose certificates are part of the snapshot, in a file of Envoy's host, and with the sidecar."""

_CHAIN, _KEY = self_signed("shop.example")

FLEET = ir.Fleet(
    NAME,
    listeners=(
        http_listener("*", "isolated.shop.example", addresses=("127.0.0.1", "::1")),
        http_listener("*.shop.example", port=8080),
        https_listener(
            https_chain(
                "infra/gateway/rest",
                certificate=OUTSIDE,
                alpn=("http/1.1",),
                clients=ir.ClientValidation(AUTHORITY, required=False, untrusted=True),
            ),
            https_chain(
                "infra/gateway/shop",
                "*.shop.example",
                "shop.example",
                certificate=INSIDE,
                clients=ir.ClientValidation(ABSENT),
            ),
        ),
        ir.Listener(
            "tcp-8443",
            ("0.0.0.0", "::"),
            8443,
            (https_chain("infra/gateway/beside", "shop.example", certificate=INSIDE),),
            (
                ir.TCPChain("infra/gateway/ends", True, "*.shop.example", ir.TLS((OUTSIDE,), ())),
                ir.TCPChain("infra/gateway/passes", True),
            ),
        ),
        ir.Listener("tcp-5432", ("0.0.0.0",), 5432, (), (ir.TCPChain("infra/gateway/tcp"),)),
        ir.Listener("tcp-5433", ("0.0.0.0",), 5433, (), (ir.TCPChain("infra/gateway/idle"),)),
    ),
    secrets=(
        ir.Secret(INSIDE, _CHAIN, _KEY),
        ir.Secret(OUTSIDE),
        ir.Authority(AUTHORITY, _CHAIN),
        ir.Authority(ABSENT),
    ),
    for_backends=(
        ir.Authority(AUTHORITY, _CHAIN),
        ir.Authority(SYSTEM, file="/etc/ssl/certs/ca-certificates.crt"),
        ir.Authority(ABSENT),
        ir.Secret(INSIDE, _CHAIN, _KEY),
        ir.Secret(OUTSIDE),
    ),
    udp_listeners=(
        ir.UDPListener("udp-53", ("127.0.0.1", "::1"), 53, "infra/gateway/udp"),
        ir.UDPListener("udp-54", ("0.0.0.0",), 54, "infra/gateway/idle-udp"),
    ),
)

EVERYWHERE = (
    placement("*", "shop.example"),
    placement("*.shop.example", table="http-8080", port=8080),
    placement("*", table="infra/gateway/rest", port=443),
    placement("*.shop.example", "shop.example", table="infra/gateway/shop", port=443),
)

HEADERS = ir.HeaderMutation(
    set=(("X-Percent", "100% %REQ(:path)% %% %20"), ("X-Environment", "%ENVIRONMENT(HOME)%"), ("X-Empty", "")),
    add=tuple((f"X-{name}", f"%{name}%") for name in WITHOUT_ARGUMENT),
    remove=("X-Gone",),
)

PREFIXES = tuple(ir.PathModifier(ir.PathChange.PREFIX, value) for value in ("", "/", "/new", "/new/"))
PATHS = (*PREFIXES, ir.PathModifier(ir.PathChange.FULL, r"/whole\1?"))

MATCHES = (
    ir.Match(prefix("/")),
    ir.Match(prefix("/pre.fix/")),
    ir.Match(exact("/exact")),
    ir.Match(regex("/v[0-9]+/.*")),
    ir.Match(
        prefix("/all"),
        (ir.ValueMatch("a", ir.MatchKind.EXACT, "1"), ir.ValueMatch("b", ir.MatchKind.REGEX, "[a-z]+")),
        (ir.ValueMatch("c", ir.MatchKind.EXACT, ""), ir.ValueMatch("d", ir.MatchKind.REGEX, ".*")),
        "PATCH",
    ),
)

NAMES = (ir.CertificateName(ir.NameKind.DNS, "a.example"), ir.CertificateName(ir.NameKind.URI, "spiffe://a/b"))

TLS = (
    ir.BackendTLS(AUTHORITY, "inner.example"),
    ir.BackendTLS(AUTHORITY, "inner.example", names=NAMES),
    ir.BackendTLS(SYSTEM),
    ir.BackendTLS(ABSENT, endpoint_names=True),
    ir.BackendTLS("", "inner.example", client_certificate=OUTSIDE),
    ir.BackendTLS("", client_certificate=INSIDE),
    ir.BackendTLS(
        SYSTEM,
        parameters=ir.TLSParameters(
            "1.2", "1.3", ("ECDHE-RSA-AES128-GCM-SHA256",), ("X25519", "P-256"), ("rsa_pss_rsae_sha256",)
        ),
        alpn=("h2", "http/1.1"),
    ),
)

ENCRYPTED = (
    *(ir.Forward((backend(tls=tls),)) for tls in TLS),
    *(ir.Forward((dns_backend(tls=tls, protocol=ir.Protocol.H2C),)) for tls in TLS),
    ir.Forward((backend(tls=TLS[0], protocol=ir.Protocol.WEBSOCKET),)),
    ir.Forward((backend(0, tls=TLS[0]), backend(1, tls=TLS[1]), backend(2, tls=TLS[0]), backend(3, fallback=True))),
    ir.Forward((backend(0, tls=TLS[0]), backend(1, tls=TLS[4]))),
    ir.Forward((backend(0, tls=TLS[2]), backend(1, tls=TLS[6]))),
    ir.Forward((backend(0, tls=TLS[0]), backend(1, tls=TLS[2]))),
    ir.Forward((backend(),), mirrors=(ir.Mirror(0, backend(1, tls=TLS[0])),)),
)

REDIRECTS = (
    ir.Redirect(),
    ir.Redirect(301, "https"),
    ir.Redirect(303, "http", "new.example", 8080),
    *(ir.Redirect(308, path=path) for path in PATHS),
)

FORWARDS = (
    ir.Forward(()),
    ir.Forward((backend(endpoints=()),)),
    ir.Forward((backend(0, 90), backend(1, 10, fallback=True))),
    ir.Forward((backend(endpoints=(endpoint(address="2001:db8::1"), endpoint(address="/run/app.sock", port=0))),)),
    ir.Forward((backend(0), backend(1, endpoints=())), invalid_weight=3),
    ir.Forward((dns_backend(0), dns_backend(1, 1_000_000))),
    ir.Forward((dns_backend(0), backend(1))),
    ir.Forward((backend(0, protocol=ir.Protocol.H2C), backend(1, protocol=ir.Protocol.WEBSOCKET))),
    ir.Forward((backend(0, request_headers=HEADERS, response_headers=HEADERS), backend(1))),
    ir.Forward((backend(0, rewrite=ir.Rewrite("inner.example")), backend(1))),
    ir.Forward((backend(0, redirect=ir.Redirect()), backend(1, rewrite=ir.Rewrite(path=PATHS[1]))), invalid_weight=1),
    ir.Forward(
        (backend(),),
        rewrite=ir.Rewrite("outer.example"),
        mirrors=(ir.Mirror(0, backend(1)), ir.Mirror(2, backend(2, endpoints=()), 1, 3)),
        timeouts=ir.Timeouts(1500, 500),
    ),
    *(ir.Forward((backend(),), rewrite=ir.Rewrite(path=path), timeouts=ir.Timeouts(0)) for path in PATHS),
    ir.Forward((backend(),), timeouts=ir.Timeouts(1500, 500), retry=ir.Retry((500, 404), 3, 10)),
    ir.Forward((backend(),), retry=ir.Retry(), session=ir.SessionCookie()),
    ir.Forward((backend(),), session=ir.SessionCookie("id", "/shop", 3_600_000)),
    ir.Forward((backend(0), backend(1, endpoints=())), session=ir.SessionHeader("x-session")),
)

CORS = (
    ir.Cors(()),
    ir.Cors(("*",), ("*",), ("*",), ("*",), credentials=True),
    ir.Cors(("https://*.shop.example", "http://*:8080", "https://shop.example"), ("PUT",), ("x-a", "x-b"), ("x-c",)),
)

AUTH = (
    ir.ExternalAuth(0, backend(0, protocol=ir.Protocol.H2C), grpc=True),
    ir.ExternalAuth(1, backend(1, endpoints=()), grpc=True, headers=("x-a",), max_body_bytes=100),
    ir.ExternalAuth(2, dns_backend(2), grpc=False),
    ir.ExternalAuth(3, backend(3), grpc=False, path="/check", headers=("x-a",), response_headers=("x-b", "x-c")),
)

CALLS = tuple(
    ir.Match(path, call=ir.CallMatch())
    for path in (prefix("/"), prefix("/a.B"), exact("/a.B/C"), regex("/(?:a|b)/[^/]+"))
)

ACTIONS = (*FORWARDS, *REDIRECTS, ir.DirectResponse(200, "x" * 5000))

UNITS = (
    *(
        unit(
            *(
                rule(index=index, matches=MATCHES, action=action, request_headers=HEADERS, response_headers=HEADERS)
                for index, action in enumerate(ACTIONS)
            ),
            placements=EVERYWHERE,
            name=name,
        )
        for name in ("one", "two")
    ),
    unit(
        *(rule(index=index, matches=MATCHES, cors=cors) for index, cors in enumerate(CORS)),
        rule(index=3, external_auth=AUTH),
        placements=EVERYWHERE,
        name="guarded",
    ),
    unit(
        rule(action=ir.Forward((backend(protocol=ir.Protocol.H2C),), grpc=True), matches=CALLS),
        rule(index=1, action=ir.DirectResponse(503), matches=CALLS),
        placements=EVERYWHERE,
        name="calls",
        kind="grpcroute",
    ),
    unit(
        *(rule(index=index, action=action) for index, action in enumerate(ENCRYPTED)),
        placements=(placement("encrypted.shop.example"),),
        name="encrypted",
    ),
    unit(
        *(rule(index=index, action=action) for index, action in enumerate(ENCRYPTED)),
        placements=(placement("presenting.shop.example", client_certificate=OUTSIDE),),
        name="presenting",
    ),
    unit(rule(), placements=(placement("shop.example"),), name="three", created="2024-05-06T07:08:09Z"),
)

L4_UNITS = tuple(
    ir.L4Unit(kind, "default", f"{name}-{index}", (ir.Placement(NAME, f"infra/gateway/{table}", hosts, port),), forward)
    for kind, name, table, hosts, port in (
        ("tcproute", "db", "tcp", ("*",), 5432),
        ("tcproute", "inner", "ends", ("*.shop.example",), 8443),
        ("tlsroute", "inner", "ends", ("a.shop.example", "*.b.shop.example"), 8443),
        ("tlsroute", "outer", "passes", ("a.example", "*.example"), 8443),
        ("tlsroute", "rest", "passes", ("*",), 8443),
        ("udproute", "dns", "udp", ("*",), 53),
    )
    for index, forward in enumerate(
        (
            ir.Forward((backend(0, 9), dns_backend(1), backend(2, endpoints=())), 1),
            ir.Forward((backend(0), backend(1, 0xFFFF, fallback=True))),
            ir.Forward((), 1),
        )
    )
)

ALL_UNITS: tuple[ir.Unit, ...] = (*UNITS, *L4_UNITS)
