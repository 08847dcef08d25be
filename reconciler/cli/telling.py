"""Diagnostics on stderr, and whether they end the command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from reconciler.cli.exits import WRONG_INPUT, Finished, fails
from reconciler.cli.output import echo
from reconciler.review.modes import DiagnosticFormat, FailOn

if TYPE_CHECKING:
    from reconciler.diagnostics import Diagnostic


class Telling(NamedTuple):
    """How diagnostics are written (`--diagnostics`), and from which on the command fails (`--fail-on`)."""

    form: DiagnosticFormat
    fail_on: FailOn

    def tell(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Write them."""
        if diagnostics:
            from reconciler.review.formats.table import diagnostics_text

            echo(diagnostics_text(diagnostics, self.form), nl=False, err=True)

    def end_where_it_fails(self, diagnostics: Sequence[Diagnostic]) -> None:
        """End where one of them is bad enough, without a word about them.

        Raises:
            Finished: one is.
        """
        if fails(diagnostics, self.fail_on):
            raise Finished(WRONG_INPUT)

    def stop_on(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Write all and end where one of them is bad enough; else write nothing.

        Raises:
            Finished: one is.
        """
        if fails(diagnostics, self.fail_on):
            self.tell(diagnostics)
            raise Finished(WRONG_INPUT)
