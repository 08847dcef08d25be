"""Whether a real Envoy takes what is about to be published."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.diagnostics import Diagnostic, Severity
from reconciler.review.modes import EnvoyValidate
from reconciler.snapshot.envoy_validate import NoVerdictError, find_envoy, validate
from reconciler.snapshot.model import Snapshot


class NoEnvoyError(Exception):
    """There is no Envoy to ask, or what is there says nothing about the snapshots."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.help = remedy


_ANOTHER = "name a sound Envoy in GITWAY_ENVOY, or publish without asking one: --envoy-validate=never"


def refused_by_envoy(
    snapshots: Mapping[str, Snapshot], published: Mapping[str, str], mode: EnvoyValidate
) -> tuple[Diagnostic, ...]:
    """An error for each fleet that Envoy refuses; only fleets that changed are asked about.

    Args:
        snapshots: by fleet.
        published: the digests of the snapshots that are current, by fleet.
        mode: whether to ask at all.

    Raises:
        NoEnvoyError: mode is `always` and there is no Envoy; or it cannot be started, crashes, or is none. That says
            nothing about the manifests.
    """
    changed = {name: found for name, found in snapshots.items() if published.get(name) != found.digest and found.types}
    if mode is EnvoyValidate.NEVER or not changed:
        return ()
    envoy = find_envoy()
    if envoy is None:
        if mode is EnvoyValidate.AUTO:
            return ()
        raise NoEnvoyError(
            "--envoy-validate=always, but no Envoy was found", "set GITWAY_ENVOY or put envoy on the path"
        )
    try:
        verdicts = {name: validate(snapshot, envoy) for name, snapshot in sorted(changed.items())}
    except OSError as error:
        raise NoEnvoyError(f"Envoy cannot be started: {error}", _ANOTHER) from error
    except NoVerdictError as error:
        raise NoEnvoyError(f"Envoy was asked and gave no verdict; nothing was published: {error}", _ANOTHER) from error
    return tuple(_refusal(fleet, verdict.reason) for fleet, verdict in verdicts.items() if not verdict.accepted)


def _refusal(fleet: str, reason: str) -> Diagnostic:
    return Diagnostic(
        "GW502",
        Severity.ERROR,
        f"Envoy refuses the configuration of fleet {fleet}: {reason}",
        object=f"Gateway {fleet}",
        help="mend what Envoy names; nothing was published",
    )
