"""`gitway explain`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

from reconciler.cli import options
from reconciler.cli.exits import WRONG_INPUT, Usage, fail, told
from reconciler.cli.output import echo
from reconciler.cli.parameters import Argument, Option
from reconciler.cli.progress import progress

if TYPE_CHECKING:
    import typer

FORMAT = 1
_REQUEST = 2


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("explain")(options.with_manifest_options(explain))


def explain(
    given: options.ManifestOptions,
    subject: Annotated[
        list[str] | None, Argument(help="A request, or a code; nothing: all codes.", metavar="[METHOD URL | CODE]")
    ] = None,
    header: Annotated[
        list[str] | None, Option("--header", "-H", help="A header; may be repeated.", metavar="NAME: VALUE")
    ] = None,
    worktree: options.Worktree = False,
    fleet: options.Fleets = None,
    output: options.Output = options.TextOrJson.TEXT,
) -> None:
    """Explain which listener, route, rule and backend a request takes, and why; or what a code means.

    Example: gitway explain GET https://shop.example.com/cart -H 'x-canary: 1'
    """
    words = subject or []
    if len(words) > _REQUEST:
        raise Usage("a method and a URL are needed, or a code: gitway explain GET https://shop.example.com/cart")
    if len(words) == _REQUEST:
        _request(given, words[0], words[1], header or (), worktree, fleet or ("*",), output)
    elif words:
        _code(words[0], output)
    else:
        _codes(output)


def _request(
    given: options.ManifestOptions,
    method: str,
    url: str,
    headers: Sequence[str],
    worktree: bool,
    fleets: Sequence[str],
    output: options.TextOrJson,
) -> None:
    from reconciler.build import build
    from reconciler.cli.inputs import open_inputs
    from reconciler.review.comparison import Version
    from reconciler.review.served.request import request_of
    from reconciler.review.trace import as_json, as_text, traces

    try:
        request = request_of(method, url, headers)
    except ValueError as error:
        raise Usage(str(error)) from error
    with told(), progress() as step:
        inputs = open_inputs(given, worktree=worktree)
        built = build(inputs.request, step)
    version = Version(built.snapshots, built.documents, inputs.request.tree)
    names = [name for name in built.snapshots if any(fnmatchcase(name, glob) for glob in fleets)]
    found = traces(version, names, request)
    if not found:
        ports = sorted({socket.port for name in names for socket in version.fleet(name).sockets})
        listed = ", ".join(map(str, ports)) or "none"
        fail(WRONG_INPUT, f"no listener is for {request.scheme} on port {request.port}", f"ports that are: {listed}")
    if output is options.TextOrJson.JSON:
        echo(json.dumps(as_json(request, found), indent=2))
    else:
        echo(as_text(request, found), nl=False)


def _code(code: str, output: options.TextOrJson) -> None:
    from reconciler.review.catalogue.table import entries, explanation

    entry = entries().get(code.upper())
    if entry is None:
        raise Usage(f"there is no code {code}; `gitway explain` lists them")
    if output is options.TextOrJson.JSON:
        echo(json.dumps({"format": FORMAT, **entry._asdict()}, indent=2))
    else:
        echo(explanation(entry), nl=False)


def _codes(output: options.TextOrJson) -> None:
    from reconciler.review.catalogue.table import entries

    if output is options.TextOrJson.JSON:
        echo(json.dumps({"format": FORMAT, "codes": [one._asdict() for one in entries().values()]}, indent=2))
        return
    for one in entries().values():
        echo(f"{one.code}  {one.title}")
