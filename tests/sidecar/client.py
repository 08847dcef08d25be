"""A model of a client: it holds what Envoy would hold, and answers as Envoy would."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from envoy.service.discovery.v3.discovery_pb2 import DeltaDiscoveryResponse, DiscoveryResponse

from reconciler.sidecar import codec
from reconciler.sidecar.protocol import DeltaRequest, DeltaStream, Fleet, Node, Response, SotwRequest, SotwStream
from tests.sidecar.releases import CDS, FLEET, LDS

NODE = Node("envoy-1", FLEET)


class Clock:
    """Seconds that pass when told."""

    now = 0.0


class Exchange:
    """A stream of either protocol with its raw responses: nothing is acknowledged unless told."""

    def __init__(self, fleet: Fleet, *, delta: bool, node: Node = NODE, type_url: str = "") -> None:
        self.clock = Clock()
        self.stream: Any = (DeltaStream if delta else SotwStream)(lambda _: fleet, type_url)
        self.delta = delta
        self.node: Node | None = node
        self.sent: list[Response] = []

    def ask(self, type_url: str, *names: str, **options: Any) -> list[Response]:
        """A request; in delta the names are subscribed to."""
        node, self.node = self.node, None
        if self.delta:
            request: Any = DeltaRequest(type_url, names, node=node, **options)
        else:
            request = SotwRequest(type_url, names, node=node, **options)
        return self._note(self.stream.on_request(request, self.clock.now))

    def ack(self, response: Response, *names: str, error: str | None = None, **options: Any) -> list[Response]:
        """Acknowledges (or refuses) a response; in state of the world `names` are all that is subscribed to."""
        return self.ask(response.type_url, *names, nonce=response.nonce, error=error, **options)

    def change(self) -> list[Response]:
        """The fleet has changed."""
        return self._note(self.stream.on_change(self.clock.now))

    def wait(self) -> list[Response]:
        """Lets time pass until the stream's deadline."""
        assert self.stream.deadline is not None
        self.clock.now = self.stream.deadline
        return self._note(self.stream.on_timer(self.clock.now))

    def _note(self, responses: list[Response]) -> list[Response]:
        self.sent += responses
        return responses


def names(response: Response) -> list[str]:
    """The names of a response's resources."""
    return [each.name for each in response.resources]


class Client:
    """What a client holds by type, from the bytes of the responses; answers wait in `inbox` until `answer` is called.

    Attributes:
        held: type URL → name → content.
        wanted: names subscribed to by type; `*` for all.
        poison: contents that it refuses; as Envoy does, it takes the rest of a refused response.
    """

    def __init__(self, fleet: Fleet, *, delta: bool, poison: Iterable[str] = ()) -> None:
        self.fleet = fleet
        self.delta = delta
        self.poison = set(poison)
        self.held: dict[str, dict[str, str]] = {}
        self.versions: dict[str, dict[str, str]] = {}
        self.wanted: dict[str, set[str]] = {}
        self.connect()

    def connect(self) -> None:
        """A new stream: everything held is kept, all subscriptions are made again."""
        self.exchange = Exchange(self.fleet, delta=self.delta)
        self.inbox: deque[Response] = deque()
        self._nonce: dict[str, str] = {}
        wanted, self.wanted = self.wanted, {}
        for type_url, names_ in wanted.items():
            self.subscribe(type_url, *names_)

    def subscribe(self, type_url: str, *more: str) -> None:
        """Wants more names of a type."""
        first = type_url not in self.wanted
        new = [name for name in more if name not in self.wanted.get(type_url, set())]
        self.wanted.setdefault(type_url, set()).update(more)
        if self.delta:
            versions = dict(self.versions.get(type_url, {})) if first else {}
            self._receive(
                self.exchange.ask(type_url, *sorted(new), **({"initial_versions": versions} if first else {}))
            )
        else:
            self._receive(self._list(type_url))

    def unsubscribe(self, type_url: str, *less: str) -> None:
        """Does not want names of a type any longer."""
        gone = self.wanted.get(type_url, set()) & set(less)
        if not gone:
            return
        self.wanted[type_url] -= gone
        if "*" not in self.wanted[type_url]:
            keep = self.wanted[type_url]
            for table in (self.held, self.versions):
                table[type_url] = {name: each for name, each in table.get(type_url, {}).items() if name in keep}
        if self.delta:
            self._receive(self.exchange.ask(type_url, unsubscribe=tuple(sorted(gone))))
        else:
            self._receive(self._list(type_url))

    def change(self) -> None:
        """The server hears of a change."""
        self._receive(self.exchange.change())

    def answer(self) -> bool:
        """Takes one response and acknowledges or refuses it; False where there is none."""
        if not self.inbox:
            return False
        response = self.inbox.popleft()
        bad = self._apply(response)
        error = f"refused: {', '.join(bad)}" if bad else None
        if self.delta:
            self._receive(self.exchange.ask(response.type_url, nonce=response.nonce, error=error))
        else:
            self._nonce[response.type_url] = response.nonce
            self._receive(self._list(response.type_url, error))
        return True

    def settle(self) -> None:
        """Until nothing more comes, also after all waiting."""
        for _ in range(500):
            while self.answer():
                pass
            if self.exchange.stream.deadline is None:
                return
            self._receive(self.exchange.wait())
        raise AssertionError("it never ends")

    def _list(self, type_url: str, error: str | None = None) -> list[Response]:
        names_ = sorted(self.wanted[type_url])
        return self.exchange.ask(type_url, *names_, nonce=self._nonce.get(type_url, ""), error=error)

    def _receive(self, responses: list[Response]) -> None:
        self.inbox.extend(responses)

    def _apply(self, response: Response) -> list[str]:
        """Decodes the bytes, takes what is good, and says what is not."""
        data = codec.encode(response)
        url = response.type_url
        held, versions = self.held.setdefault(url, {}), self.versions.setdefault(url, {})
        if self.delta:
            delta = DeltaDiscoveryResponse.FromString(data)
            found = {each.name: (each.resource.value.decode(), each.version) for each in delta.resources}
            gone = set(delta.removed_resources)
        else:
            full = DiscoveryResponse.FromString(data)
            texts = [each.value.decode() for each in full.resources]
            found = {each.name: (text, "") for each, text in zip(response.resources, texts, strict=True)}
            gone = held.keys() - found.keys() if url in {LDS, CDS} else set()
        bad = [name for name, (text, _) in found.items() if text in self.poison]
        for name in gone:
            held.pop(name, None)
            if not bad:  # Envoy goes on claiming what it lost in a response that it refused
                versions.pop(name, None)
        for name, (text, version) in found.items():
            if name not in bad and ("*" in self.wanted[url] or name in self.wanted[url]):
                held[name] = text
                if not bad:
                    versions[name] = version
        return bad


def expected(state: Mapping[str, Mapping[str, str]], wanted: Mapping[str, set[str]]) -> dict[str, dict[str, str]]:
    """What a client must hold in the end."""
    return {
        url: {name: text for name, text in state.get(url, {}).items() if "*" in asked or name in asked}
        for url, asked in wanted.items()
    }
