"""`gitway publish`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

from reconciler.cli import options
from reconciler.cli.exits import WRONG_INPUT, Usage, fail, told
from reconciler.cli.output import echo
from reconciler.cli.parameters import Option
from reconciler.cli.progress import progress
from reconciler.cli.telling import Telling
from reconciler.review.modes import DiagnosticFormat, EnvoyValidate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import typer

    from reconciler.build import Build
    from reconciler.cli.inputs import Inputs
    from reconciler.cli.planned import Promise
    from reconciler.store.publish import Candidate, Published, Terms, Vet
    from reconciler.store.signatures import Signing
    from reconciler.store.store import Store


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("publish")(COMMAND)


def publish(
    given: options.ManifestOptions,
    store: options.StoreUrl = None,
    output: options.Output = options.TextOrJson.TEXT,
    fleet: options.Fleets = None,
    force: Annotated[
        bool, Option("--force", help="Publish a commit that does not descend from the published one.")
    ] = False,
    allow_empty: Annotated[
        bool, Option("--allow-empty", help="Publish even if a fleet loses most or all of its configuration.")
    ] = False,
    sign_key: Annotated[
        str | None,
        Option(
            "--sign-key",
            help="Sign with this private key, a file. Or GITWAY_SIGN_KEY: a file, or the key itself.",
            metavar="FILE",
        ),
    ] = None,
    verify_key: Annotated[
        list[Path] | None,
        Option(
            "--verify-key",
            help="With --sign-key: a former public key, by which what is current may be signed.",
            metavar="FILE",
        ),
    ] = None,
    store_name: options.StoreName = None,
    min_serial: Annotated[
        int,
        Option("--min-serial", help="The least serial, for a store that was rolled back.", min=1, metavar="N"),
    ] = 1,
    require_signed_commit: Annotated[
        bool,
        Option(
            "--require-signed-commit", help="Publish only a commit that is signed by whom the published commit lists."
        ),
    ] = False,
    allowed_signers: Annotated[
        str | None,
        Option("--allowed-signers", help="The file that lists them. gitway.yaml: allowedSigners.", metavar="PATH"),
    ] = None,
    envoy_validate: Annotated[
        EnvoyValidate, Option("--envoy-validate", help="Ask a real Envoy first; auto: if there is one.")
    ] = EnvoyValidate.AUTO,
    plan: Annotated[
        Path | None,
        Option("--plan", help="Publish only what this plan said (plan -o json --out FILE).", metavar="FILE"),
    ] = None,
    diagnostics: options.Diagnostics = DiagnosticFormat.TEXT,
) -> None:
    """Translate a commit and publish it as a new release.

    Nothing is published where a manifest is refused. Example: gitway publish --store s3://bucket/edge
    """
    from reconciler.cli.inputs import open_inputs

    telling = Telling(diagnostics, given.fail_on)
    with told():
        inputs = open_inputs(given, store=store)
        signing = _signing(sign_key, verify_key or (), store_name or inputs.config.store_name)
        vet = _vet(inputs, allowed_signers) if require_signed_commit else None
        promise = _promise(plan) if plan else None
        how = _How(tuple(fleet or ()), force, allow_empty, min_serial, envoy_validate, signing, vet, promise)
        with progress() as step:
            built, published = _publish(inputs, step, how, telling)
    telling.tell(built.diagnostics)
    _print(published, output)


COMMAND = options.with_manifest_options(publish)


class _How(NamedTuple):
    """The options of a publish that are not about manifests."""

    fleets: tuple[str, ...]
    force: bool
    allow_empty: bool
    min_serial: int
    envoy_validate: EnvoyValidate
    signing: Signing | None
    vet: Vet | None
    promise: Promise | None


def _promise(plan: Path) -> Promise:
    from reconciler.cli.planned import as_planned

    return as_planned(plan)


def _vet(inputs: Inputs, allowed_signers: str | None) -> Vet:
    from reconciler.cli.signed import signed_by_base

    return signed_by_base(inputs, allowed_signers)


def _signing(given: str | None, former: Sequence[Path], store_name: str | None) -> Signing | None:
    """How to sign, by the option or the environment; raises `InvalidKey`."""
    key = given if given is not None else os.environ.get("GITWAY_SIGN_KEY")
    if not key:
        if given is not None or former:
            raise Usage("--sign-key needs a file, and --verify-key is for what --sign-key builds on")
        return None
    from reconciler.store.keys import read_public_key, read_signing_key
    from reconciler.store.signatures import Signing

    return Signing(read_signing_key(key), tuple(map(read_public_key, former)), store_name)


def _publish(inputs: Inputs, step: Callable[[str], None], how: _How, telling: Telling) -> tuple[Build, Published]:
    from reconciler.build import build
    from reconciler.cli.planned import vetted
    from reconciler.store.open import open_writable
    from reconciler.store.publish import Terms
    from reconciler.store.publish import publish as publish_release

    store = open_writable(inputs.store_url)
    built = build(inputs.request, step)
    telling.stop_on(built.diagnostics)
    if not (how.allow_empty and store.read_head()):  # with it, all that was published can be taken out
        inputs.require(built.documents)
    built = _guarded(inputs, built, store, telling)
    terms = Terms(how.force, how.allow_empty, how.fleets, how.min_serial)
    step("validating with Envoy")
    _ask_envoy(built, store, terms, how.envoy_validate, telling)
    step("publishing")
    candidate = _candidate(inputs, built)
    is_ancestor = inputs.repository.is_ancestor
    vet = vetted(how.vet, how.promise, built.snapshots)
    return built, publish_release(store, candidate, is_ancestor, terms, signing=how.signing, vet=vet)


def _guarded(inputs: Inputs, built: Build, store: Store, telling: Telling) -> Build:
    """The build with what guardrails say about it; ends where they deny it."""
    from dataclasses import replace

    from reconciler.build import in_order
    from reconciler.cli.guarding import on_publish
    from reconciler.source.suppressions import sift

    found = sift(on_publish(inputs, built, store), built.suppressions, complete=False).reported
    telling.stop_on(found)
    return replace(built, diagnostics=in_order([*built.diagnostics, *found])) if found else built


def _candidate(inputs: Inputs, built: Build) -> Candidate:
    from reconciler import __version__
    from reconciler.store.model import CommitInfo
    from reconciler.store.publish import Candidate

    commit = inputs.commit
    assert commit is not None  # noqa: S101  only commits are published
    return Candidate(
        commit=CommitInfo(commit.sha, commit.author, commit.time, commit.subject),
        repository=inputs.repository.name,
        paths=inputs.request.roots,
        gitway=__version__,
        snapshots=built.snapshots,
        routes=built.routes,
    )


def _ask_envoy(built: Build, store: Store, terms: Terms, mode: EnvoyValidate, telling: Telling) -> None:
    from reconciler.review.gate import NoEnvoyError, refused_by_envoy
    from reconciler.store.errors import Damaged

    if mode is EnvoyValidate.NEVER:
        return
    try:
        release = store.current()
    except Damaged:
        # Whether to go on over a damaged release is for the publish to say; here it only means: ask about all fleets.
        release = None
    current = {name: entry.snapshot for name, entry in release.fleets.items()} if release else {}
    asked = {name: snapshot for name, snapshot in built.snapshots.items() if terms.select(name)}
    try:
        telling.stop_on(refused_by_envoy(asked, current, mode))
    except NoEnvoyError as error:
        fail(WRONG_INPUT, str(error), error.help)


def _print(published: Published, output: options.TextOrJson) -> None:
    if output is options.TextOrJson.JSON:
        echo(json.dumps(published.to_json(), indent=2))
        return
    idle = "signed anew release" if published.signed_anew else "nothing to do, current is release"
    what = "published release" if published.changed else idle
    echo(f"{what} {published.serial} ({published.digest[:12]}) of commit {published.release.commit.sha[:12]}")
    for name, entry in sorted(published.release.fleets.items()):
        total = sum(told.count for told in entry.types.values())
        echo(f"  fleet {name}: {total} resources, snapshot {entry.snapshot[:12]}")
    for name in published.retired:
        echo(f"  fleet {name}: retired, its Envoys keep what they have")
