"""Options that several commands share, so that they read the same everywhere."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_type_hints

from reconciler.cli.parameters import Argument, Option
from reconciler.review.modes import DiagnosticFormat, FailOn

Repo = Annotated[
    Path,
    Option("--repo", help="The git repository, or a folder in it.", metavar="DIR", show_default="here"),
]
Ref = Annotated[str, Option("--ref", help="The commit: a branch, tag or SHA.", metavar="REF")]
Worktree = Annotated[bool, Option("--worktree", help="Read the files as they are now instead of a commit.")]
Paths = Annotated[
    list[str] | None,
    Option("--path", help="A folder with manifests; may be repeated. Default: all.", metavar="DIR"),
]
AllowPlaintextSecrets = Annotated[
    bool,
    Option("--allow-plaintext-secrets", help="Accept Secrets with data in git and put them into the snapshot."),
]
Addresses = Annotated[
    list[str] | None,
    Option("--address", help="A CIDR the fleets own; may be repeated. gitway.yaml: addresses.", metavar="CIDR"),
]
ControllerNames = Annotated[
    list[str] | None,
    Option(
        "--controller-name",
        help="A further controllerName whose GatewayClasses are ours; may be repeated. gitway.yaml: controllerNames.",
        metavar="DOMAIN/PATH",
    ),
]
ServiceDomain = Annotated[
    str | None,
    Option(
        "--service-domain",
        help="DNS domain of Services without EndpointSlices. gitway.yaml: serviceDomain.",
        metavar="DOMAIN",
    ),
]
AllowExternalName = Annotated[
    bool | None,
    Option(
        "--allow-external-name/--no-allow-external-name",
        help="Route to Services of type ExternalName. gitway.yaml: allowExternalName.",
    ),
]
AllowEnvoyPatchPolicy = Annotated[
    bool | None,
    Option(
        "--allow-envoy-patch-policy/--no-allow-envoy-patch-policy",
        help="Let EnvoyPatchPolicies change what is published. gitway.yaml: allowEnvoyPatchPolicy.",
    ),
]
AllowLua = Annotated[
    bool | None,
    Option(
        "--allow-lua/--no-allow-lua",
        help="Let EnvoyExtensionPolicies run scripts in Lua. gitway.yaml: allowLua.",
    ),
]
RateLimitService = Annotated[
    str | None,
    Option(
        "--rate-limit-service",
        help="The service that keeps global rate limits. gitway.yaml: rateLimitService.",
        metavar="HOST:PORT",
    ),
]
Guardrails = Annotated[
    list[str] | None,
    Option(
        "--guardrail",
        help="Apply a policy everywhere; ACTION is Deny, Warn or Audit. gitway.yaml: guardrails.",
        metavar="NAME=ACTION",
    ),
]
GuardrailPaths = Annotated[
    list[str] | None,
    Option(
        "--guardrail-path",
        help="A folder with guardrails; may be repeated. gitway.yaml: guardrailPaths.",
        metavar="DIR",
    ),
]
CacheDir = Annotated[
    Path | None,
    Option(
        "--cache-dir",
        help="Where parsed files are cached. Default: gitway/cache in the git directory.",
        metavar="DIR",
    ),
]
StoreUrl = Annotated[
    str | None,
    Option(
        "--store",
        help="file:///DIR or s3://BUCKET/PREFIX; to read, also https://HOST/PREFIX. gitway.yaml: store. "
        "Default: gitway/store in the git directory.",
        metavar="URL",
    ),
]
StoreName = Annotated[
    str | None,
    Option(
        "--store-name",
        help="The store's name in signatures, if it is not the URL that is published to. gitway.yaml: storeName.",
        metavar="NAME",
    ),
]
Fleets = Annotated[
    list[str] | None,
    Option("--fleet", help="Only fleets that match this glob, NAMESPACE/NAME; may be repeated.", metavar="GLOB"),
]


class TextOrJson(StrEnum):
    """Output for people or for programs."""

    TEXT = "text"
    JSON = "json"


Output = Annotated[TextOrJson, Option("--output", "-o", help="Text for people or versioned JSON.")]
ReleaseName = Annotated[str, Argument(help="42, 9f8e7d6c, current or current~1.", metavar="RELEASE")]
DetailedExitcode = Annotated[bool, Option("--detailed-exitcode", help="Exit with 2 where there are changes.")]
VerifyKeys = Annotated[
    list[Path] | None,
    Option("--verify-key", help="A public key that may have signed HEAD; may be repeated.", metavar="FILE"),
]
HERE = Path()


Out = Annotated[Path | None, Option("--out", help="Write to this file, not to stdout.", metavar="FILE")]
FailOnOption = Annotated[FailOn, Option("--fail-on", help="The mildest diagnostic that makes the command end with 1.")]
Diagnostics = Annotated[DiagnosticFormat, Option("--diagnostics", help="How what is wrong is told on stderr.")]
Ignore = Annotated[
    list[str] | None,
    Option(
        "--ignore",
        help="Do not report what has this code, unless it is an error; may be repeated. gitway.yaml: ignore.",
        metavar="CODE=REASON",
    ),
]


class ManifestOptions(NamedTuple):
    """Which manifests, and how they are read. None or empty, but for the first two: what gitway.yaml says."""

    repo: Repo = HERE
    ref: Ref = "HEAD"
    path: Paths = None
    allow_plaintext_secrets: AllowPlaintextSecrets = False
    address: Addresses = None
    controller_name: ControllerNames = None
    service_domain: ServiceDomain = None
    allow_external_name: AllowExternalName = None
    allow_envoy_patch_policy: AllowEnvoyPatchPolicy = None
    allow_lua: AllowLua = None
    rate_limit_service: RateLimitService = None
    guardrail: Guardrails = None
    guardrail_path: GuardrailPaths = None
    cache_dir: CacheDir = None
    ignore: Ignore = None
    fail_on: FailOnOption = FailOn.ERROR


_FIRST = 3
"""So many of them come before a command's own options in its help; the others, which few need, after these."""


def with_manifest_options(command: Callable[..., None]) -> Callable[..., None]:
    """The command as typer takes it: an option for each field of `ManifestOptions` gives its first parameter."""
    hints = get_type_hints(ManifestOptions, include_extras=True)
    shared = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=ManifestOptions._field_defaults[name],
            annotation=hints[name],
        )
        for name in ManifestOptions._fields
    ]
    own = [
        parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
        for parameter in inspect.signature(command, eval_str=True).parameters.values()
    ][1:]

    def with_options(**values: Any) -> None:
        given = ManifestOptions(**{name: values.pop(name) for name in ManifestOptions._fields})
        command(given, **values)

    with_options.__doc__ = command.__doc__
    signature = inspect.Signature([*shared[:_FIRST], *own, *shared[_FIRST:]])
    with_options.__signature__ = signature  # type: ignore[attr-defined]  # functions have it where it is set
    with_options.__annotations__ = {}
    return with_options
