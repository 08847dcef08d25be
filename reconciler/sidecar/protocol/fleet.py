"""What is known about one fleet: the releases it may be given, who refused what, and responses that streams share."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from itertools import count

from reconciler.records import dataclass
from reconciler.sidecar.protocol.content import Content, Difference, Framed, View, difference
from reconciler.sidecar.protocol.filling import Problem
from reconciler.sidecar.protocol.messages import Response
from reconciler.sidecar.protocol.prepare import LocalSecrets, Preparation
from reconciler.snapshot.model import SECRET

_KEPT_ACKNOWLEDGED = 2
_KEPT_DIFFERENCES = 64
_KEPT_RESPONSES = 64
_KEPT_NAME_SETS = 256
_KEPT_SUSPECTS = 100_000


@dataclass(frozen=True, slots=True)
class Refusal:
    """A NACK: a type's version that an Envoy refused, and what it said."""

    type_url: str
    version: str
    node: str
    message: str
    snapshot: str


@dataclass(slots=True)
class Holders:
    """The Envoys (`nodes`) that have acknowledged all of a view, which is told by its `versions`."""

    versions: frozenset[tuple[str, str]] = frozenset()
    nodes: set[str] = field(default_factory=set)


@dataclass(eq=False)
class Fleet:
    """One fleet. Streams ask it what to serve and tell it what became of that.

    Attributes:
        newest: what the store has; None until it has anything (streams are held).
        parent: what was served before `newest`, if that was loaded.
        acknowledged: what at least one Envoy has acknowledged as a whole, oldest first.
        quarantine: by type URL and version, what was refused.
        searched: whether something to fall back on was looked for in vain.
        holders: who has acknowledged `newest`, and keeps it over a restart of this sidecar although others refuse it.
        suspects: by type URL, names that came in a refused response: what Envoys say of them is not believed.
        epoch: grows with every change that streams must hear of.
        on_change: called after such a change.
    """

    name: str
    newest: View | None = None
    parent: View | None = None
    acknowledged: list[View] = field(default_factory=list)
    quarantine: dict[tuple[str, str], Refusal] = field(default_factory=dict)
    searched: bool = False
    holders: Holders = field(default_factory=Holders)
    suspects: dict[str, set[str]] = field(default_factory=dict)
    epoch: int = 0
    on_change: list[Callable[[], None]] = field(default_factory=list)
    on_refusal: Callable[[Fleet, Refusal], None] | None = None
    nonces: Iterator[int] = field(default_factory=lambda: count(1))
    _preparation: Preparation = field(default_factory=Preparation)
    _prepared: dict[tuple[View, str], Content] = field(default_factory=dict)
    _empty: dict[str, Content] = field(default_factory=dict)
    _differences: OrderedDict[tuple[Content, Content], Difference] = field(default_factory=OrderedDict)
    _responses: OrderedDict[object, Response] = field(default_factory=OrderedDict)
    _name_sets: dict[frozenset[str], frozenset[str]] = field(default_factory=dict)

    def publish(self, view: View) -> None:
        """Makes a view the newest. What was refused of it before stays refused."""
        before = self.newest
        if before is not None and before.versions != view.versions and not self.quarantined(before):
            self.parent = before
        self.newest = view
        self.searched = False
        if self.holders.versions != view.versions:
            self.holders = Holders(view.versions)
        self.acknowledged = [view if each.versions == view.versions else each for each in self.acknowledged]
        self._forget_refusals()
        self._changed()

    def offer_fallback(self, view: View) -> None:
        """Gives an older view to fall back on, where none is known."""
        self.parent = view
        self._changed()

    def offer_none(self) -> None:
        """There is no older view: what others run is better than nothing, even if it was refused."""
        if not self.searched:
            self.searched = True
            self._changed()

    def use_secrets(self, secrets: LocalSecrets) -> None:
        """Replaces the secrets of this sidecar's providers."""
        if secrets.digest != self._preparation.secrets.digest:
            self._preparation.secrets = secrets
            self._changed()

    def view_for(self, current: View | None, settled: frozenset[tuple[str, str]] | None) -> View | None:
        """What a stream is to be given, or None: nothing, let it wait.

        Args:
            current: what it is being given now.
            settled: the versions of what it has acknowledged as a whole: it keeps that, even when others refuse it.
        """
        newest = self.newest
        if newest is None or not self.quarantined(newest) or settled == newest.versions:
            return newest
        return self.fallback() or current

    @property
    def good(self) -> View | None:
        """The newest view that was acknowledged as a whole, and refused by nobody."""
        return next((view for view in reversed(self.acknowledged) if not self.quarantined(view)), None)

    def fallback(self) -> View | None:
        """What to serve instead of a newest view that was refused.

        The newest that was acknowledged, else the parent; at last, rather than nothing, the refused one itself if
        other Envoys run it.
        """
        if self.good is not None:
            return self.good
        if self.parent is not None and not self.quarantined(self.parent):
            return self.parent
        newest = self.newest
        others = [view for view in self.acknowledged if newest is None or view.versions != newest.versions]
        if others or not self.searched:
            return others[-1] if others else None
        return self.acknowledged[-1] if self.acknowledged else None

    @property
    def needs_fallback(self) -> bool:
        """Whether the newest view was refused and nothing older that was not is known."""
        if self.newest is None or not self.quarantined(self.newest):
            return False
        found = self.fallback()
        return found is None or found.versions == self.newest.versions

    def quarantined(self, view: View) -> bool:
        """Whether any type of a view was refused in its version."""
        return bool(self.quarantine) and not view.versions.isdisjoint(self.quarantine)

    def acknowledge(self, view: View, node: str) -> None:
        """An Envoy has acknowledged all of a view."""
        if view is self.newest:
            self.holders.nodes.add(node)
        if not any(each.versions == view.versions for each in self.acknowledged):
            self.acknowledged = [*self.acknowledged, view][-_KEPT_ACKNOWLEDGED:]

    def refuse(self, view: View, refused: Content, names: Iterable[str], node: str, message: str) -> Refusal:
        """An Envoy has refused a response of a type, with these names.

        The view is quarantined, unless the fault is this sidecar's or that Envoy's own.

        A secret of this sidecar says nothing about a release, and neither does an Envoy that refuses what others run
        and what it was given only to fall back on.
        """
        self._suspect(refused.type_url, names)
        refusal = Refusal(refused.type_url, refused.version, node, message, view.snapshot)
        if self.on_refusal is not None:
            self.on_refusal(self, refusal)
        is_fallback = view is not self.newest and any(each.versions == view.versions for each in self.acknowledged)
        # What is after "+" is this machine's: a release is refused as a whole.
        key = (refused.type_url, refused.version.partition("+")[0])
        if refused.local or is_fallback or key in self.quarantine:
            return refusal
        self.quarantine[key] = refusal
        self._changed()
        return refusal

    def content(self, view: View, type_url: str) -> Content:
        """A type's resources as they are served here; empty where the view has none."""
        prepared = self._prepared.get((view, type_url))
        if prepared is None:
            prepared = self._preparation.prepare(view, view.contents.get(type_url) or self.nothing(type_url))
            self._prepared[view, type_url] = prepared
        return prepared

    def secrets_missing(self) -> Mapping[str, tuple[str, ...]]:
        """Secrets that the newest view refers to and nobody has, each with the names of what waits for it."""
        if self.newest is None:
            return {}
        used = self._preparation.secrets_used(self.newest)
        available = self.content(self.newest, SECRET).names
        return {name: users for name, users in sorted(used.items()) if name not in available}

    def unfilled(self) -> tuple[Problem, ...]:
        """Values of Secrets that routes of the newest view would have, and that are missing or wrong."""
        return self._preparation.unfilled(self.newest) if self.newest is not None else ()

    def nothing(self, type_url: str) -> Content:
        """An empty content, always the same."""
        if type_url not in self._empty:
            self._empty[type_url] = Content(type_url, "0", {})
        return self._empty[type_url]

    def difference(self, old: Content, new: Content) -> Difference:
        """Compares two contents; computed once for all streams."""
        key = (old, new)
        if key not in self._differences:
            self._differences[key] = difference(old, new)
            if len(self._differences) > _KEPT_DIFFERENCES:
                self._differences.popitem(last=False)
        return self._differences[key]

    def response(
        self, type_url: str, version: str, resources: tuple[Framed, ...], removed: tuple[str, ...], *, delta: bool
    ) -> Response:
        """A response that all streams share which are sent the same; see `fresh_response`."""
        key = (delta, type_url, version, resources, removed)
        found = self._responses.get(key)
        if found is None:
            found = self._responses[key] = self.fresh_response(type_url, version, resources, removed, delta=delta)
            if len(self._responses) > _KEPT_RESPONSES:
                self._responses.popitem(last=False)
        return found

    def fresh_response(
        self, type_url: str, version: str, resources: tuple[Framed, ...], removed: tuple[str, ...], *, delta: bool
    ) -> Response:
        """A response with a nonce of its own. No nonce is ever used for two responses."""
        return Response(delta, type_url, version, str(next(self.nonces)), resources, removed)

    def forget_responses(self) -> None:
        """Lets go of what was encoded for streams to share, to be called once in a while."""
        self._responses.clear()
        self._differences.clear()
        self._name_sets.clear()

    def shared_names(self, names: frozenset[str]) -> frozenset[str]:
        """The same set for all streams that subscribe to the same names."""
        if len(self._name_sets) > _KEPT_NAME_SETS:
            self._name_sets.clear()
        return self._name_sets.setdefault(names, names)

    def _suspect(self, type_url: str, names: Iterable[str]) -> None:
        suspects = self.suspects.setdefault(type_url, set())
        if len(suspects) < _KEPT_SUSPECTS:
            suspects.update(names)

    def _forget_refusals(self) -> None:
        """What is no longer served cannot be refused again: versions never come back."""
        views = [view for view in (self.newest, self.parent, *self.acknowledged) if view is not None]
        kept = frozenset().union(*(view.versions for view in views))
        self.quarantine = {key: refusal for key, refusal in self.quarantine.items() if key in kept}

    def _changed(self) -> None:
        self.epoch += 1
        self._prepared.clear()
        self.forget_responses()
        for notify in tuple(self.on_change):
            notify()
