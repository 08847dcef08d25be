"""Git's plumbing through GitPython, its failures as `SourceError`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from typing import IO, TYPE_CHECKING, Final, cast

from reconciler.source.errors import SourceError

if TYPE_CHECKING:
    import git

_ENVIRONMENT: Final = {
    # The objects of a commit are what its id says, whatever else this clone may want to see in their place.
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}


class Git:
    """Runs git commands in a repository."""

    def __init__(self, repo: git.Repo) -> None:
        self._git = repo.git
        environment = dict(_ENVIRONMENT)
        if "GIT_DIR" in os.environ:
            # A git hook's environment names the repository of the hook, which need not be this one.
            environment["GIT_DIR"] = str(repo.git_dir)
            if repo.working_tree_dir is not None:
                environment["GIT_WORK_TREE"] = str(repo.working_tree_dir)
        self._git.update_environment(**environment)

    def try_run(self, *args: str, env: Mapping[str, str] | None = None) -> tuple[int, bytes, str]:
        """Run a command, with more in its environment: exit code, output and the text of stderr.

        Raises:
            SourceError: git refuses the repository altogether.
        """
        status, output, errors = self._git.execute(
            ["git", *args],
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            strip_newline_in_stdout=False,
            env=dict(env) if env else None,
        )
        if status and "dubious ownership" in errors:
            raise SourceError(
                "git does not read this repository: it belongs to another user",
                "If you trust it: git config --global --add safe.directory FOLDER",
            )
        return status, output, errors

    def run(self, *args: str) -> bytes:
        """The output of a command that must succeed.

        Raises:
            SourceError: it failed.
        """
        status, output, errors = self.try_run(*args)
        if status:
            raise SourceError(f"git {args[0]} failed: {errors.strip()}")
        return output

    def object_data(self, name: str) -> tuple[str, bytes] | None:
        """Type and content of an object by any name that fits on a line, through one process; None: there is none."""
        if "\n" in name:
            return None
        try:
            _, kind, _, data = self._git.get_object_data(name)
        except ValueError:
            return None
        return os.fsdecode(kind), data

    def batch(self) -> Batch:
        """A process that gives the content of many objects."""
        return Batch(self._git.execute(["git", "cat-file", "--batch"], as_process=True, istream=subprocess.PIPE))

    def close(self) -> None:
        """End the processes that are kept."""
        self._git.clear_cache()


class Batch:
    """`git cat-file --batch`. Ask for no more than `AHEAD` objects before reading them: pipes hold 64 KiB."""

    AHEAD: Final = 1000

    def __init__(self, process: git.Git.AutoInterrupt) -> None:
        self._process = process
        self._requests = cast("IO[bytes]", process.stdin)
        self._answers = cast("IO[bytes]", process.stdout)

    def ask(self, ids: list[str]) -> None:
        """Ask for objects."""
        self._requests.write("".join(f"{one}\n" for one in ids).encode("ascii"))
        self._requests.flush()

    def next_size(self) -> int | None:
        """The size of the next object that was asked for; None if there is none. Its data must be read then."""
        words = self._answers.readline().split()
        return int(words[2]) if len(words) == 3 else None

    def data(self, size: int) -> bytes:
        """The data of the object."""
        data = self._answers.read(size)
        self._answers.read(1)
        return data

    def skip(self, size: int) -> None:
        """Read over the data of the object."""
        left = size + 1
        while left and (read := len(self._answers.read(min(left, 1 << 20)))):
            left -= read

    def close(self) -> None:
        """End the process."""
        self._requests.close()
        self._answers.close()
        # GitPython's wait takes it for a failure that the process was cut short.
        if self._process.proc is not None:
            self._process.proc.wait()
