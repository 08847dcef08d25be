"""An identity provider: signed tokens, its keys, and the endpoints of OpenID Connect."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Issuer:
    """Signs tokens (ES256)."""

    def __init__(self, name: str = "https://issuer.example.com") -> None:
        self.name = name
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def keys(self) -> str:
        """The public key as a JWKS."""
        numbers = self._key.public_key().public_numbers()
        x, y = (_encoded(number.to_bytes(32)) for number in (numbers.x, numbers.y))
        return json.dumps({"keys": [{"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": "1", "x": x, "y": y}]})

    def token(self, **claims: Any) -> str:
        """A token, good for an hour unless `exp` says otherwise."""
        body = {"iss": self.name, "sub": "someone", "exp": int(time.time()) + 3600, **claims}
        parts = [_encoded(json.dumps(part).encode()) for part in ({"alg": "ES256", "kid": "1", "typ": "JWT"}, body)]
        signature = self._key.sign(".".join(parts).encode(), ec.ECDSA(SHA256()))
        r, s = utils.decode_dss_signature(signature)
        return ".".join([*parts, _encoded(r.to_bytes(32) + s.to_bytes(32))])


class Provider:
    """A server with the keys and endpoints of an issuer; `asked` has the forms that its token endpoint got."""

    def __init__(self, issuer: Issuer) -> None:
        self.issuer = issuer
        self.asked: list[dict[str, str]] = []
        self.authorizations: list[str] = []
        self.port = 0

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, path: str, form: dict[str, str]) -> dict[str, Any] | None:
        """What it says."""
        if path == "/keys":
            keys: dict[str, Any] = json.loads(self.issuer.keys)
            return keys
        if path == "/.well-known/openid-configuration":
            names = ("authorization", "token", "end_session")
            return {"issuer": self.url, **{f"{name}_endpoint": f"https://issuer.example.com/{name}" for name in names}}
        if path == "/token":
            self.asked.append(form)
            token = self.issuer.token(aud=form.get("client_id", ""))
            return {"access_token": "opaque", "id_token": token, "token_type": "Bearer", "expires_in": 3600}
        return None


@contextmanager
def running(provider: Provider) -> Iterator[Provider]:
    """The provider's server on a free port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            size = int(self.headers.get("content-length", "0"))
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(size).decode()).items()}
            provider.authorizations.append(self.headers.get("authorization", ""))
            told = provider.answer(self.path.partition("?")[0], form)
            body = json.dumps(told).encode()
            self.send_response(200 if told is not None else 404)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  as the base class asks for

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  as in the base class
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join(10)
