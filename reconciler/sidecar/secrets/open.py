"""From `--secrets` to providers, and from these to what streams are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from reconciler.sidecar.errors import OptionError
from reconciler.sidecar.protocol import NO_SECRETS, LocalSecrets, frame
from reconciler.sidecar.secrets.provider import Provider
from reconciler.snapshot.model import SECRET, Resource

_AWS = "aws-secretsmanager://"


def open_providers(places: Iterable[str]) -> tuple[Provider, ...]:
    """A provider for each place, in their order: a directory, or `aws-secretsmanager://PREFIX`.

    Raises:
        OptionError: a place that is none of these.
    """
    return tuple(_open(place) for place in places)


def merge_secrets(providers: Sequence[Mapping[str, Resource]], before: LocalSecrets = NO_SECRETS) -> LocalSecrets:
    """All secrets; of equal names, the first provider's. What is as before is not encoded again."""
    found: dict[str, Resource] = {}
    for provided in reversed(providers):
        found.update(provided)
    if not found:
        return NO_SECRETS
    digest = sha256("".join(f"{name}\n{found[name].version}\n" for name in sorted(found)).encode()).hexdigest()
    if digest == before.digest:
        return before
    resources = {}
    for name, resource in found.items():
        old = before.resources.get(name)
        unchanged = old is not None and old.version == resource.version
        resources[name] = old if old is not None and unchanged else frame(SECRET, resource)
    return LocalSecrets(digest, resources)


def _open(place: str) -> Provider:
    if place.startswith(_AWS):
        # boto3 takes a third of a second to import.
        from reconciler.sidecar.secrets.aws_secrets_manager import SecretsManagerProvider

        return SecretsManagerProvider(place.removeprefix(_AWS))
    if "://" in place and not place.startswith("file://"):
        raise OptionError(
            f"there is no provider of secrets for {place!r}",
            f"name a directory (DIR/NAMESPACE/NAME/tls.crt) or {_AWS}PREFIX",
        )
    path = Path(place.removeprefix("file://"))
    if not path.is_dir():
        raise OptionError(
            f"{path} is not a directory", "name a directory with NAMESPACE/NAME/tls.crt and tls.key in it"
        )
    from reconciler.sidecar.secrets.directory import DirectoryProvider  # only who has secrets loads their messages

    return DirectoryProvider(path)
