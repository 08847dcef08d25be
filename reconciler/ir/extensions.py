"""Extensions of Envoy: what an EnvoyExtensionPolicy comes to."""

from __future__ import annotations

from enum import StrEnum

from reconciler.ir.services import Service
from reconciler.records import dataclass


class BodyMode(StrEnum):
    """How a processor is sent a body."""

    NONE = "None"
    STREAMED = "Streamed"
    BUFFERED = "Buffered"
    BUFFERED_PARTIAL = "BufferedPartial"
    FULL_DUPLEX = "FullDuplexStreamed"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a processor is sent of requests or of answers: their headers, and more."""

    body: BodyMode = BodyMode.NONE
    attributes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Processor:
    """A service that sees and changes requests and answers.

    Attributes:
        index: its position in the policy, which tells the order.
        request, response: None: it is sent nothing of these.
        timeout_ms: for each of its answers; None: as usual.
        fail_open: without an answer requests go on; otherwise they are refused with `error_status` (0: as usual).
        may_override: it may say what it wants to be sent.
        shadow: it is sent everything, and nothing waits for its answers.
        readable, writable: namespaces of dynamic metadata.
    """

    index: int
    service: Service
    request: Seen | None = None
    response: Seen | None = None
    timeout_ms: int | None = None
    fail_open: bool = False
    error_status: int = 0
    may_override: bool = False
    shadow: bool = False
    readable: tuple[str, ...] = ()
    writable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Script:
    """A script in Lua; `context` is a JSON object for it, or empty."""

    index: int
    code: str
    context: str = ""


@dataclass(frozen=True, slots=True)
class Module:
    """A module of WebAssembly that Envoy fetches from `url`; `sha256` is the digest of what it has to be.

    `config` is a JSON text for it, or empty; `environment` names what it may read of Envoy's environment.
    """

    index: int
    url: str
    service: Service
    sha256: str
    name: str = ""
    root: str = ""
    config: str = ""
    fail_open: bool = False
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Extensions:
    """A policy in force; the same object wherever it is. `name` is `envoyextensionpolicy/<namespace>/<name>`."""

    name: str
    scripts: tuple[Script, ...] = ()
    processors: tuple[Processor, ...] = ()
    modules: tuple[Module, ...] = ()
