"""The story that the demo tells: commit, plan, publish, serve; a canary; a revert to the very same snapshot."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import reconciler
from reconciler.demo.backends import backends
from reconciler.demo.processes import available, running
from reconciler.records import dataclass

FLEET = "demo/edge"
HOST = "hello.example.com"
REQUESTS = 200
CANARY_PERCENT = 25
WAIT_SECONDS = 30.0
# The ports that the manifests of examples/quickstart name; others are taken where one is in use.
PORTS = {"gateway": 10080, "v1": 10081, "v2": 10082}
_IDENTITY = {"GIT_AUTHOR_NAME": "demo", "GIT_AUTHOR_EMAIL": "demo@example.com", "GIT_CONFIG_NOSYSTEM": "1"}

Say = Callable[[str], object]


class DemoError(Exception):
    """The demo cannot go on; `help` says what to do."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.help = remedy


@dataclass(frozen=True, slots=True)
class Stage:
    """Where it plays."""

    say: Say
    folder: Path
    ports: Mapping[str, int]

    @property
    def repo(self) -> Path:
        """The git repository with the manifests."""
        return self.folder / "repo"

    @property
    def store(self) -> str:
        """The store's URL."""
        return f"file://{self.folder / 'store'}"


def play(say: Say, keep: Path | None = None) -> None:
    """Play the whole round, telling each step with `say`.

    Raises:
        DemoError: something is missing on this machine, or did not come to pass in time.
    """
    envoy = _envoy()
    with ExitStack() as stack:
        folder = _folder(keep, stack)
        ports = {name: available(port) for name, port in PORTS.items()}
        stage = Stage(say, folder, ports)
        stack.enter_context(backends({"v1": ports["v1"], "v2": ports["v2"]}))
        first = _publish_first(stage)
        _start(stage, envoy, stack)
        _expect(stage, "all traffic on v1", lambda seen: set(seen) == {"v1"})
        _canary(stage)
        _revert(stage, first)
    say("\nThat is the whole way: a commit is a release, and a revert is a rollback.")
    if keep:
        say(f"Everything is in {folder}: try  gitway history --store {stage.store}")


def _envoy() -> str:
    beside = Path(sys.executable).with_name("envoy")
    found = os.environ.get("GITWAY_ENVOY") or shutil.which("envoy") or (str(beside) if beside.exists() else None)
    if not found:
        raise DemoError(
            "there is no Envoy here", "put envoy on the path or name it in GITWAY_ENVOY; `make demo` brings one"
        )
    return found


def _folder(keep: Path | None, stack: ExitStack) -> Path:
    if keep is None:
        return Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gitway-demo-")))
    if keep.exists() and any(keep.iterdir()):
        raise DemoError(f"{keep} is not empty", "name a new folder")
    keep.mkdir(parents=True, exist_ok=True)
    return keep.resolve()


def _publish_first(stage: Stage) -> str:
    """Commit the manifests, plan, publish; give the snapshot's digest."""
    stage.say("1. Manifests in git")
    _copy_manifests(stage)
    _git(stage, "init", "--quiet", "--initial-branch=main")
    _commit(stage, "Send hello.example.com to v1")
    stage.say("\n2. What would change, and what is wrong")
    stage.say(_indented(_gitway(stage, "plan", "--repo", str(stage.repo), "--store", stage.store)))
    stage.say("3. Publish")
    return _publish(stage)


def _start(stage: Stage, envoy: str, stack: ExitStack) -> None:
    """The sidecar, and an Envoy that gets everything from it."""
    stage.say("\n4. A sidecar and a real Envoy")
    xds = f"unix:{stage.folder / 'xds.sock'}"
    if len(xds) > 100:
        xds = f"127.0.0.1:{available(18000)}"
    serve = ["serve", "--store", stage.store, "--listen", xds, "--poll", "0.2"]
    stage.say(f"   $ gitway {' '.join(serve)} &")
    stack.enter_context(running([sys.executable, "-m", "reconciler", *serve], stage.folder / "sidecar.log"))
    bootstrap = stage.folder / "envoy.yaml"
    admin = f"127.0.0.1:{available(19000)}"
    bootstrap.write_text(
        _gitway(stage, "bootstrap", "--xds", xds, "--fleet", FLEET, "--admin", admin), encoding="utf-8"
    )
    stage.say(f"   $ envoy -c {bootstrap.name} &")
    command = [envoy, "-c", str(bootstrap), "--concurrency", "1", "--disable-hot-restart", "-l", "warn"]
    stack.enter_context(running(command, stage.folder / "envoy.log"))


def _canary(stage: Stage) -> None:
    stage.say(f"\n5. A canary: {CANARY_PERCENT} % to v2")
    route = stage.repo / "route.yaml"
    text = route.read_text(encoding="utf-8")
    text = text.replace("weight: 100", f"weight: {100 - CANARY_PERCENT}").replace(
        "weight: 0", f"weight: {CANARY_PERCENT}"
    )
    route.write_text(text, encoding="utf-8")
    _commit(stage, f"Try v2 on {CANARY_PERCENT} % of the traffic")
    stage.say(_indented(_gitway(stage, "plan", "--repo", str(stage.repo), "--store", stage.store)))
    _publish(stage)
    _expect(stage, "traffic on v1 and v2", lambda seen: set(seen) == {"v1", "v2"})


def _revert(stage: Stage, first: str) -> None:
    stage.say("\n6. Rollback is git revert")
    _git(stage, "revert", "--no-edit", "HEAD")
    again = _publish(stage)
    if again != first:
        raise DemoError(f"the snapshot after the revert is {again}, not {first}", "this is a defect of gitway")
    stage.say(f"   the very snapshot that was served before: {first[:12]}")
    _expect(stage, "all traffic on v1 again", lambda seen: set(seen) == {"v1"})
    stage.say("\n7. What happened")
    stage.say(_indented(_gitway(stage, "history", "--store", stage.store)))


def _copy_manifests(stage: Stage) -> None:
    source = _quickstart()
    stage.repo.mkdir()
    for file in sorted(source.glob("*.yaml")):
        text = file.read_text(encoding="utf-8")
        for name, port in PORTS.items():
            text = re.sub(rf"\bport: {port}\b", f"port: {stage.ports[name]}", text)
        (stage.repo / file.name).write_text(text, encoding="utf-8")
        stage.say(f"   {file.name}")


def _quickstart() -> Path:
    """The example's manifests: in the wheel they are beside this module, in a checkout in examples/."""
    package = Path(reconciler.__file__).parent
    for folder in (package / "demo" / "quickstart", package.parent / "examples" / "quickstart"):
        if folder.is_dir():
            return folder
    raise DemoError("the demo's manifests are missing", "install gitway again")


def _commit(stage: Stage, subject: str) -> None:
    _git(stage, "add", "--all")
    _git(stage, "commit", "--quiet", "-m", subject)


def _git(stage: Stage, *arguments: str) -> None:
    stage.say("   $ git " + " ".join(f'"{one}"' if " " in one else one for one in arguments))
    identity = {**_IDENTITY, "GIT_COMMITTER_NAME": "demo", "GIT_COMMITTER_EMAIL": "demo@example.com"}
    environment = {**os.environ, **identity, "GIT_CONFIG_GLOBAL": os.devnull}
    _run(["git", "-C", str(stage.repo), *arguments], environment)


def _gitway(stage: Stage, *arguments: str) -> str:
    if arguments[0] != "bootstrap":
        stage.say(f"   $ gitway {' '.join(arguments)}")
    return _run([sys.executable, "-m", "reconciler", *arguments], dict(os.environ))


def _publish(stage: Stage) -> str:
    """Publish the newest commit; give the snapshot's digest."""
    answer: dict[str, Any] = json.loads(
        _gitway(stage, "publish", "--repo", str(stage.repo), "--store", stage.store, "-o", "json")
    )
    snapshot = str(answer["fleets"][FLEET]["snapshot"])
    stage.say(f"   release {answer['serial']}: fleet {FLEET} gets snapshot {snapshot[:12]}")
    return snapshot


def _run(command: list[str], environment: dict[str, str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise DemoError(f"{' '.join(command[-4:])}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def _expect(stage: Stage, what: str, reached: Callable[[Counter[str]], bool]) -> None:
    """Send requests through Envoy until the answers are as they should be."""
    url = f"http://127.0.0.1:{stage.ports['gateway']}/"
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        seen = Counter(_get(url) for _ in range(REQUESTS)) if _get(url) != "no answer" else Counter()
        if reached(seen):
            told = ", ".join(f"{name}: {number}" for name, number in sorted(seen.items()))
            stage.say(f"   {REQUESTS} requests for http://{HOST}/ through Envoy: {told}   ({what})")
            return
        time.sleep(0.2)
    raise DemoError(
        f"not within {WAIT_SECONDS:.0f} s: {what}", f"run it with --keep and look at the logs of {stage.folder}"
    )


def _get(url: str) -> str:
    request = urllib.request.Request(url, headers={"host": HOST})  # noqa: S310  http on loopback
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310  the same
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except OSError:
        return "no answer"


def _indented(text: str) -> str:
    return "".join(f"     {line}\n" for line in text.rstrip().splitlines())
