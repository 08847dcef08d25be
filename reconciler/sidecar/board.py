"""All fleets that this sidecar knows of."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from reconciler.sidecar.protocol import NO_SECRETS, Fleet, LocalSecrets, Refusal, View


class Board:
    """The fleets by name. `on_refusal` is called for every NACK."""

    def __init__(self) -> None:
        self.fleets: dict[str, Fleet] = {}
        self.secrets = NO_SECRETS
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

    def forget_responses(self) -> None:
        """Lets go of encoded responses that no stream has asked for lately."""
        for fleet in self.fleets.values():
            fleet.forget_responses()

    def _refused(self, fleet: Fleet, refusal: Refusal) -> None:
        if self.on_refusal is not None:
            self.on_refusal(fleet, refusal)
