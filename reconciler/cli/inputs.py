"""What the manifest options of a command line stand for: a repository, a commit, a tree, and how to resolve it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from reconciler.build import Request, in_order
from reconciler.cli.exits import WRONG_INPUT, Finished, Usage, fail
from reconciler.cli.options import ManifestOptions
from reconciler.config import ACTIONS, Config, read_config
from reconciler.records import dataclass
from reconciler.resolve.options import Options
from reconciler.source.positions import locate
from reconciler.source.repository import Commit, Repository, open_repository
from reconciler.source.suppressions import CODE, Rule
from reconciler.source.tree import Tree
from reconciler.source.without import Without


class Guards(NamedTuple):
    """Guardrails that are kept apart from the manifests: the whole tree, their folders in it, and what applies."""

    tree: Tree
    folders: tuple[str, ...]
    use: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Inputs:
    """A repository at a commit (None: the work tree), with its configuration."""

    repository: Repository
    commit: Commit | None
    config: Config
    request: Request
    store_url: str
    store_is_embedded: bool
    _given: ManifestOptions

    def at(self, ref: str) -> tuple[Commit, Request]:
        """The same question about another commit, with the configuration of that commit's gitway.yaml."""
        commit = self.repository.commit(ref)
        tree = self.repository.tree(commit)
        config, _ = read_config(tree)
        options = _options(config or self.config, self._given)
        ignore = (*config.ignore, *_ignored(self._given)) if config else self.request.ignore
        manifests = _manifests(tree, config or self.config, self._given)
        return commit, Request(manifests, self.request.roots, options, self.request.cache_dir, ignore)

    @property
    def guards(self) -> Guards:
        """The guardrails of the commit."""
        commit = self.commit
        return _guards(self.repository.tree(commit) if commit else self.repository.worktree(), self.config, self._given)

    def guards_at(self, ref: str) -> Guards:
        """The guardrails of another commit."""
        tree = self.repository.tree(self.repository.commit(ref))
        return _guards(tree, read_config(tree)[0] or self.config, self._given)

    def config_at(self, ref: str) -> tuple[Tree, Config]:
        """Another commit's files and its gitway.yaml; the defaults where it has none that can be read."""
        tree = self.repository.tree(self.repository.commit(ref))
        return tree, read_config(tree)[0] or Config()

    def require(self, objects: Sequence[object]) -> None:
        """End where nothing was read: a wrong folder looks the same as one in which all is well."""
        if not objects:
            place = ", ".join(self.request.roots) or ("this commit" if self.commit else "the work tree")
            fail(
                WRONG_INPUT,
                f"there are no manifests in {place}",
                "commit *.yaml, *.yml or *.json files with Gateway API objects, or name their folder with --path",
            )


def open_inputs(given: ManifestOptions, *, worktree: bool = False, store: str | None = None) -> Inputs:
    """Open the repository and read gitway.yaml of the tree; where that is wrong, say so and end.

    Raises:
        SourceError: there is no repository, no such commit, …
        Usage: the options contradict each other.
    """
    given = _valid(given)
    if worktree and given.ref != "HEAD":
        raise Usage("--worktree and --ref exclude each other: the work tree is not a commit")
    repository = open_repository(given.repo)
    commit = None if worktree else repository.commit(given.ref)
    tree = repository.worktree() if commit is None else repository.tree(commit)
    config = _config(tree)
    embedded = repository.git_dir / "gitway"
    url = store or config.store
    cache = given.cache_dir or embedded / "cache"
    roots = tuple(given.path or config.paths)
    ignore = (*config.ignore, *_ignored(given))
    request = Request(_manifests(tree, config, given), roots, _options(config, given), cache, ignore)
    return Inputs(
        repository, commit, config, request, url or f"file://{(embedded / 'store').resolve()}", not url, given
    )


def embedded_store(repo: Path) -> str:
    """The store inside the repository's git directory, or the one its gitway.yaml names."""
    return open_inputs(ManifestOptions(repo)).store_url


def _valid(given: ManifestOptions) -> ManifestOptions:
    """The options, held to the rules of gitway.yaml."""
    flags = {
        "addresses": ("--address", given.address),
        "controllerNames": ("--controller-name", given.controller_name),
        "serviceDomain": ("--service-domain", given.service_domain),
        "rateLimitService": ("--rate-limit-service", given.rate_limit_service),
    }
    written = {name: value for name, (_, value) in flags.items() if value is not None}
    if not written:
        return given
    from pydantic import ValidationError

    from reconciler.config_file import ConfigFile

    try:
        config = ConfigFile.model_validate(written)
    except ValidationError as error:
        details = error.errors(include_url=False)[0]
        flag, _ = flags[str(details["loc"][0])]
        raise Usage(f"{flag}: {details['msg'].removeprefix('Value error, ')}") from error
    return given._replace(address=list(config.addresses))


def _ignored(given: ManifestOptions) -> Iterator[Rule]:
    for option in given.ignore or ():
        code, _, reason = option.partition("=")
        if not CODE.fullmatch(code) or not reason.strip():
            raise Usage(f"--ignore {option}: a code and a reason are needed, for example GW211=they come later")
        yield Rule(code, reason.strip())


def _manifests(tree: Tree, config: Config, given: ManifestOptions) -> Tree:
    """The tree without what is for guardrails alone."""
    folders = given.guardrail_path or config.guardrail_paths
    return Without(tree, folders) if folders else tree


def _guards(tree: Tree, config: Config, given: ManifestOptions) -> Guards:
    use = dict(config.guardrails)
    for option in given.guardrail or ():
        name, _, action = option.partition("=")
        if action not in ACTIONS:
            raise Usage(f"--guardrail {option}: NAME=ACTION, where ACTION is {', '.join(ACTIONS)}")
        use[name] = (action,)
    return Guards(tree, tuple(given.guardrail_path or config.guardrail_paths), use)


def _config(tree: Tree) -> Config:
    config, found = read_config(tree)
    if config is None:
        import sys

        from reconciler.review.diagnostics import as_text

        sys.stderr.write(as_text(in_order(locate(found, tree))))
        raise Finished(WRONG_INPUT)
    return config


def _options(config: Config, given: ManifestOptions) -> Options:
    external, patches = given.allow_external_name, given.allow_envoy_patch_policy
    return Options(
        controller_names=(*config.controller_names, *(given.controller_name or ())),
        addresses=tuple(given.address or config.addresses),
        service_domain=given.service_domain or config.service_domain,
        allow_external_name=config.allow_external_name if external is None else external,
        allow_envoy_patch_policy=config.allow_envoy_patch_policy if patches is None else patches,
        allow_lua=config.allow_lua if given.allow_lua is None else given.allow_lua,
        rate_limit_service=given.rate_limit_service or config.rate_limit_service or "",
        allow_plaintext_secrets=given.allow_plaintext_secrets or config.allow_plaintext_secrets,
    )
