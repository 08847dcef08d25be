"""`gitway serve`: everything together, until it is told to end."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import grpc.aio

from reconciler.records import dataclass
from reconciler.sidecar.access import server_credentials
from reconciler.sidecar.addresses import Address, AddressError, parse_address
from reconciler.sidecar.admin.answers import Answers
from reconciler.sidecar.admin.server import Admin
from reconciler.sidecar.board import Board
from reconciler.sidecar.cache import Cache
from reconciler.sidecar.errors import ListenError
from reconciler.sidecar.follow import CACHE_AFTER, Follower
from reconciler.sidecar.logs import log_to
from reconciler.sidecar.metrics import Metrics
from reconciler.sidecar.nodes import Roster
from reconciler.sidecar.protocol import DRAIN_TIME, Fleet, Refusal
from reconciler.sidecar.secrets.follow import SecretsFollower
from reconciler.sidecar.secrets.open import open_providers
from reconciler.sidecar.server import OPTIONS, Discovery
from reconciler.sidecar.status import StatusWriter, default_id
from reconciler.sidecar.trust import Trust
from reconciler.store.open import open_store

if TYPE_CHECKING:
    from reconciler.store.keys import PublicKey

GRACE = 3.0
"""Seconds that streams have to end when the sidecar is told to."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of `gitway serve`.

    Attributes:
        store: the store's URL.
        listen, admin: `HOST:PORT`; `listen` also `unix:PATH`.
        fleets: globs of the fleets to serve.
        secrets: directories or `aws-secretsmanager://PREFIX`, the first wins.
        cache: where to keep the last good releases.
        poll: seconds from one poll of the store to the next.
        id: how it calls itself in the store's `status/`.
        tls_cert, tls_key, client_ca: PEM files, for mutual TLS.
        verify_keys: PEM files; only what one of these has signed is served.
        store_name: what the publisher calls the store; None: the URL.
        min_serial: nothing older is served.
        drain_time: seconds in which the Envoys drain replaced listeners (`--drain-time-s`).
    """

    store: str
    listen: str = "127.0.0.1:18000"
    fleets: tuple[str, ...] = ("*",)
    admin: str | None = None
    secrets: tuple[str, ...] = ()
    cache: Path | None = None
    poll: float = 5.0
    id: str | None = None
    tls_cert: Path | None = None
    tls_key: Path | None = None
    client_ca: Path | None = None
    verify_keys: tuple[Path, ...] = ()
    store_name: str | None = None
    min_serial: int = 1
    drain_time: float = DRAIN_TIME


def serve(options: ServeOptions) -> None:
    """Serves until SIGTERM or SIGINT.

    Raises:
        StoreError: the store's URL is wrong. An unreachable store is waited for.
        InvalidKey: a key to verify with cannot be used.
        OptionError: an address, a certificate or a directory of secrets cannot be used.
        ListenError: somebody else listens there.
    """
    asyncio.run(_serve(options))


async def _serve(options: ServeOptions) -> None:
    listen = parse_address(options.listen)
    credentials = server_credentials(listen, options.tls_cert, options.tls_key, options.client_ca)
    admin_address = parse_address(options.admin) if options.admin else None
    store = open_store(options.store)
    metrics, board, roster = Metrics(), Board(store.url), Roster()
    secrets = SecretsFollower(open_providers(options.secrets), board, metrics)
    follower = Follower(
        store=store,
        board=board,
        metrics=metrics,
        globs=options.fleets or ("*",),
        cache=Cache(options.cache) if options.cache is not None else None,
        trust=_trust(options, store.url),
    )
    board.on_refusal = _on_refusal(metrics, follower)
    stopped = _until_signalled()
    server = grpc.aio.server(options=OPTIONS)
    authenticated = credentials is not None
    discovery = Discovery(board, metrics, roster, authenticated=authenticated, drain_time=options.drain_time)
    server.add_generic_rpc_handlers(discovery.handlers())
    _bind(server, listen, credentials)
    admin = (
        await _serve_admin(Admin(Answers(board, metrics, roster)), admin_address) if admin_address is not None else None
    )
    log_to()
    following = asyncio.create_task(_follow(secrets, follower, options.poll))
    status = StatusWriter(follower.store, board, roster, options.id or default_id(options.listen))
    reporting = asyncio.create_task(status.run(options.poll))
    await server.start()
    _log.info("listening on %s, store %s", listen, follower.store.url)
    try:
        await asyncio.wait({following, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if following.done():
            following.result()
    finally:
        metrics.draining = True  # new streams go elsewhere, and so does who asks /readyz
        following.cancel()
        reporting.cancel()
        await _within(GRACE, discovery.drain())
        discovery.close()
        await server.stop(GRACE)
        await _within(GRACE, follower.finish())
        await status.withdraw()
        if admin is not None:
            admin.close()
        _log.info("stopped")


async def _follow(secrets: SecretsFollower, follower: Follower, interval: float) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(secrets.run(interval))
        await secrets.first(CACHE_AFTER)
        group.create_task(follower.run(interval))


async def _within(seconds: float, work: Awaitable[None]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work


def _trust(options: ServeOptions, url: str) -> Trust:
    keys: tuple[PublicKey, ...] = ()
    if options.verify_keys:
        from reconciler.store.keys import read_public_key

        keys = tuple(read_public_key(path) for path in options.verify_keys)
    return Trust(options.store_name or url, keys, options.min_serial)


def _bind(server: grpc.aio.Server, listen: Address, credentials: grpc.ServerCredentials | None) -> None:
    try:
        if credentials is None:
            server.add_insecure_port(str(listen))
        else:
            server.add_secure_port(str(listen), credentials)
    except RuntimeError as error:
        remedy = "it may be in use already, or not be this machine's: name another one by --listen"
        raise ListenError(f"cannot listen on {listen}", remedy) from error


async def _serve_admin(admin: Admin, address: Address) -> asyncio.Server:
    if not address.loopback or address.path:
        raise AddressError(f"the admin page cannot listen on {address}", "it is for this machine: name 127.0.0.1:PORT")
    try:
        return await admin.serve(address.host, address.port)
    except OSError as error:
        raise ListenError(
            f"cannot listen on {address}: {error.strerror or error}", "name another port by --admin"
        ) from error


def _until_signalled() -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    stopped: asyncio.Future[None] = loop.create_future()

    def stop() -> None:
        if not stopped.done():
            stopped.set_result(None)

    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError, NotImplementedError, RuntimeError):  # not the main thread: the caller ends it
            loop.add_signal_handler(number, stop)
    return stopped


def _on_refusal(metrics: Metrics, follower: Follower) -> Callable[[Fleet, Refusal], None]:
    def refused(fleet: Fleet, refusal: Refusal) -> None:
        metrics.nacks[refusal.type_url] += 1
        kind = refusal.type_url.rpartition(".")[2]
        what = f"{kind} {refusal.version}: {refusal.message}"
        details = {"fleet": fleet.name, "node": refusal.node, "type": refusal.type_url, "version": refusal.version}
        _log.error("fleet %s: node %r refused %s", fleet.name, refusal.node, what, extra=details)
        follower.on_refusal()

    return refused
