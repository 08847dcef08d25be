"""All fleets that this sidecar knows of, and the release that they are from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from reconciler.sidecar.protocol import NO_SECRETS, Fleet, LocalSecrets, Refusal, View
from reconciler.store.model import CommitInfo

MISSING = "no provider of secrets has it"


class Current(NamedTuple):
    """The newest release that was loaded; `loaded`: when, in seconds of the epoch."""

    serial: int
    digest: str
    commit: CommitInfo
    repository: str
    loaded: float


class SecretProblem(NamedTuple):
    """A secret that is not served, and the resources that wait for it."""

    name: str
    needed_by: tuple[str, ...]
    problem: str


class Board:
    """The fleets by name. `on_refusal` is called for every NACK.

    Attributes:
        store: its URL.
        current: the newest release that was loaded.
        broken: secrets that providers have but cannot use as they are, with what is wrong; one that was good before
            is served on.
    """

    def __init__(self, store: str = "") -> None:
        self.store = store
        self.current: Current | None = None
        self.fleets: dict[str, Fleet] = {}
        self.secrets = NO_SECRETS
        self.broken: Mapping[str, str] = {}
        self.on_refusal: Callable[[Fleet, Refusal], None] | None = None

    def fleet(self, name: str) -> Fleet:
        """The fleet of this name, unknown ones too: their streams are held until the fleet appears."""
        if name not in self.fleets:
            fleet = self.fleets[name] = Fleet(name, on_refusal=self._refused)
            fleet.use_secrets(self.secrets)
        return self.fleets[name]

    def leave(self, name: str) -> None:
        """A stream of this fleet has ended: an unknown fleet that nobody asks for is forgotten."""
        fleet = self.fleets.get(name)
        if fleet is not None and fleet.newest is None and not fleet.quarantine and not fleet.on_change:
            del self.fleets[name]

    def publish(self, views: Iterable[View]) -> None:
        """Makes these views the newest of their fleets; other fleets keep what they have."""
        for view in views:
            self.fleet(view.fleet).publish(view)

    def use_secrets(self, secrets: LocalSecrets) -> None:
        """Replaces the secrets of this sidecar's providers, for all fleets."""
        self.secrets = secrets
        for fleet in tuple(self.fleets.values()):
            fleet.use_secrets(secrets)

    def secret_problems(self, fleet: Fleet) -> list[SecretProblem]:
        """The secrets that a fleet waits for."""
        missing = fleet.secrets_missing()
        found = [SecretProblem(name, users, self.broken.get(name, MISSING)) for name, users in missing.items()]
        return found + [SecretProblem(*each) for each in fleet.unfilled()]

    def forget_responses(self) -> None:
        """Lets go of encoded responses that no stream has asked for lately."""
        for fleet in self.fleets.values():
            fleet.forget_responses()

    def _refused(self, fleet: Fleet, refusal: Refusal) -> None:
        if self.on_refusal is not None:
            self.on_refusal(fleet, refusal)
