"""What a plan compares with: a store's current release, or another commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from reconciler.build import Build, Request, build
from reconciler.records import dataclass
from reconciler.snapshot.model import Snapshot
from reconciler.source.document import Document
from reconciler.source.repository import Commit, Repository, SourceError
from reconciler.source.tree import Tree
from reconciler.store.model import FleetEntry
from reconciler.store.open import open_store


@dataclass(frozen=True, slots=True)
class Base:
    """One side of a plan.

    Attributes:
        tree: the files that the documents are from.
        documents: None where the manifests are not at hand (the commit is not here).
        sha: of the commit that it is, or that was released; empty where there is none.
        published: the fleets of the store's release, none where there is no release yet; None where the plan is not
            about a store.
    """

    title: str
    snapshots: Mapping[str, Snapshot]
    documents: tuple[Document, ...] | None
    published: Mapping[str, FleetEntry] | None = None
    sha: str = ""
    tree: Tree | None = None


def base_of(
    repository: Repository,
    head: Commit | None,
    at: Callable[[str], tuple[Commit, Request]],
    store_url: str,
    store_is_embedded: bool,
    ref: str | None,
    built: Build,
) -> Base:
    """The base: `ref` if given, else the store if it has a release (an embedded one may not), else the merge base.

    `built` is the head, of which much is the same.

    Raises:
        SourceError: there is no such commit.
        StoreError: the store cannot be read.
    """
    if ref is not None:
        return _commit(at, ref)
    published = _release(at, store_url, built)
    if published is not None:
        return published
    if not store_is_embedded:
        return Base("an empty store", {}, (), {})
    fork = _fork_point(repository, head)
    return _commit(at, fork) if fork else Base("nothing published yet", {}, (), {})


def _commit(at: Callable[[str], tuple[Commit, Request]], ref: str) -> Base:
    commit, request = at(ref)
    built = build(request)
    return Base(f"commit {commit.sha[:12]}", built.snapshots, built.documents, sha=commit.sha, tree=request.tree)


def _release(at: Callable[[str], tuple[Commit, Request]], store_url: str, known: Build) -> Base | None:
    store = open_store(store_url)
    release = store.current()
    if release is None:
        return None
    by_digest = {snapshot.digest: snapshot for snapshot in known.snapshots.values()}
    snapshots = {
        name: by_digest.get(entry.snapshot) or store.snapshot(entry.snapshot) for name, entry in release.fleets.items()
    }
    title = f"release {release.serial} (commit {release.commit.sha[:12]})"
    documents, tree = _documents(at, release.commit.sha, known.documents)
    return Base(title, snapshots, documents, release.fleets, release.commit.sha, tree)


def _documents(
    at: Callable[[str], tuple[Commit, Request]], sha: str, known: Sequence[Document]
) -> tuple[tuple[Document, ...] | None, Tree | None]:
    """The manifests of a released commit, and its files, if this clone has it. What is `known` is not read again."""
    from reconciler.source.read import read
    from reconciler.source.select import select

    try:
        _, request = at(sha)
    except SourceError:
        return None, None
    have: dict[tuple[str, str], list[Document]] = {}
    for document in known:
        have.setdefault((document.origin.file, document.blob), []).append(document)
    entries = select(request.tree, request.roots).entries
    missing = [entry.path for entry in entries if (entry.path, entry.blob) not in have]
    others = read(request.tree, missing).documents if missing else ()
    return (*others, *(one for entry in entries for one in have.get((entry.path, entry.blob), ()))), request.tree


def _fork_point(repository: Repository, head: Commit | None) -> str | None:
    """Where this branch left the default branch; None on the default branch itself, or where there is none.

    Raises:
        SourceError: the clone is shallow and cannot tell.
    """
    default = repository.default_branch()
    if default is None and repository.is_shallow:
        raise SourceError(
            "what to compare with cannot be told: the clone is shallow and has no default branch",
            "fetch the whole history (`fetch-depth: 0` for actions/checkout, `git fetch --unshallow` elsewhere), "
            "or name a commit with --base or a store with --store",
        )
    if default is None:
        return None
    here = head.sha if head else repository.commit("HEAD").sha
    base = repository.merge_base(default, here)
    return base if base and (head is None or base != here) else None
