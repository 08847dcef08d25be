"""The expressions of a policy, loaded: what it judges, and in what words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from reconciler.diagnostics import FieldPath
from reconciler.manifests.admission import FailurePolicy, MatchCondition, Validation, Variable
from reconciler.manifests.validatingadmissionpolicy import AuditAnnotation
from reconciler.records import dataclass
from reconciler.review.cel.expression import COMPOSED, CelError, Environment, Expression, load
from reconciler.review.cel.lexer import composed_names


class UnloadableError(Exception):
    """An expression that cannot be evaluated here. `path` is where it stands in the policy's spec."""

    def __init__(self, message: str, path: FieldPath) -> None:
        super().__init__(message)
        self.path = path


class Check(NamedTuple):
    """One validation. `words` gives the message, empty: `message` does."""

    must_hold: Expression
    message: str
    words: Expression | None


class Verdict(NamedTuple):
    """A validation that does not hold, or of which that cannot be `told`.

    `expression` is the validation's, after those of the composed variables that it names.
    """

    message: str
    expression: str
    told: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """A policy's expressions. `fails`: what cannot be evaluated counts as a violation."""

    variables: tuple[tuple[str, Expression], ...]
    conditions: tuple[tuple[str, Expression], ...]
    checks: tuple[Check, ...]
    notes: tuple[tuple[str, Expression], ...]
    fails: bool

    def judge(self, known: Mapping[str, Any]) -> tuple[Verdict, ...]:
        """The violations in the light of the known variables; none where a condition says that it does not apply."""
        scope = _Scope(self, known)
        try:
            if not all(scope.value(condition) is True for _, condition in self.conditions):
                return ()
        except CelError as error:
            return (Verdict(f"a match condition cannot be evaluated: {error}", "", told=False),) if self.fails else ()
        return tuple(verdict for check in self.checks if (verdict := self._verdict(check, scope)) is not None)

    def remarks(self, known: Mapping[str, Any]) -> tuple[str, ...]:
        """The audit annotations that have something to say, as `key: value`."""
        scope = _Scope(self, known)
        found = []
        for key, expression in self.notes:
            try:
                value = scope.value(expression)
            except CelError as error:
                value = f"cannot be evaluated: {error}" if self.fails else None
            if value:
                found.append(f"{key}: {value}")
        return tuple(found)

    def _verdict(self, check: Check, scope: _Scope) -> Verdict | None:
        source = check.must_hold.source
        whole = "\n".join((*self._composed_in(source), source))
        try:
            if scope.value(check.must_hold) is True:
                return None
        except CelError as error:
            return (
                Verdict(f"{_one_line(source)} cannot be evaluated: {error}", whole, told=False) if self.fails else None
            )
        return Verdict(_words(check, scope) or check.message or f"failed expression: {_one_line(source)}", whole)

    def _composed_in(self, source: str) -> tuple[str, ...]:
        """The expressions of the composed variables that an expression names, and of those that these name."""
        composed = dict(self.variables)
        found: dict[str, None] = {}
        left = list(composed_names(source))
        while left:
            name = left.pop()
            if name in composed and name not in found:
                found[name] = None
                left += composed_names(composed[name].source)
        return tuple(composed[name].source for name in found)


class _Scope:
    """Evaluates a rule's expressions on one request; a composed variable is evaluated when an expression names it."""

    def __init__(self, rule: Rule, known: Mapping[str, Any]) -> None:
        expressions = [*rule.variables, *rule.conditions, *rule.notes]
        words = [check.words for check in rule.checks if check.words is not None]
        every = [*(one for _, one in expressions), *(check.must_hold for check in rule.checks), *words]
        self._environment = Environment({**known, COMPOSED: {}}, every)
        self._composed = dict(rule.variables)
        self._values: dict[str, Any] = {}
        self._failed: dict[str, str] = {}

    def value(self, expression: Expression) -> Any:
        """The expression's value; raises `CelError`."""
        names = composed_names(expression.source)
        for name in names:
            self._compose(name)
        try:
            return expression.evaluate(self._environment)
        except CelError as error:
            # Only what is evaluated may fail: a variable that failed is not there, and that is what is missed.
            missed = next((name for name in names if name in self._failed and str(error).endswith(f": {name}")), None)
            if missed is None:
                raise
            raise CelError(f"{COMPOSED}.{missed}: {self._failed[missed]}") from error

    def _compose(self, name: str) -> None:
        if name in self._values or name in self._failed:
            return
        try:
            self._values[name] = self.value(self._composed[name])
        except CelError as error:
            self._failed[name] = str(error)
        self._environment.set(COMPOSED, self._values)


NAMES_OF_OBJECTS: Final = ("object", "oldObject", "request", "params", "namespaceObject", "gitway", COMPOSED)
NAMES_OF_RESOURCES: Final = ("object", "oldObject", "fleet", "gitway", COMPOSED)


def load_rule(
    names: Sequence[str],
    variables: Sequence[Variable],
    conditions: Sequence[MatchCondition],
    validations: Sequence[Validation],
    notes: Sequence[AuditAnnotation],
    failure_policy: FailurePolicy,
) -> Rule:
    """Load a policy's expressions, which may use variables of these names.

    Raises:
        UnloadableError: one cannot be evaluated here.
    """
    composed = _composed(names, variables)
    every = [name for name, _ in composed]
    get = _loader(names, every)
    checks = []
    for index, validation in enumerate(validations):
        path = ("validations", index)
        words = (
            get(validation.message_expression, (*path, "messageExpression")) if validation.message_expression else None
        )
        checks.append(Check(get(validation.expression, (*path, "expression")), validation.message, words))
    return Rule(
        tuple(composed),
        tuple((c.name, get(c.expression, ("matchConditions", i, "expression"))) for i, c in enumerate(conditions)),
        tuple(checks),
        tuple(
            (n.key, get(n.value_expression, ("auditAnnotations", i, "valueExpression"))) for i, n in enumerate(notes)
        ),
        failure_policy == "Fail",
    )


def _composed(names: Sequence[str], variables: Sequence[Variable]) -> list[tuple[str, Expression]]:
    """The composed variables, each of which may use those before it."""
    found: list[tuple[str, Expression]] = []
    for index, variable in enumerate(variables):
        get = _loader(names, [name for name, _ in found])
        found.append((variable.name, get(variable.expression, ("variables", index, "expression"))))
    return found


def _loader(names: Sequence[str], composed: Sequence[str]) -> Callable[[str, FieldPath], Expression]:
    def get(source: str, path: FieldPath) -> Expression:
        try:
            return load(source, names, composed)
        except CelError as error:
            raise UnloadableError(str(error), path) from error

    return get


def _words(check: Check, scope: _Scope) -> str:
    """What the message expression says; nothing where it fails or gives no line of text (as in Kubernetes)."""
    if check.words is None:
        return ""
    try:
        text = scope.value(check.words)
    except CelError:
        return ""
    return text.strip() if isinstance(text, str) and "\n" not in text.strip() else ""


def _one_line(source: str) -> str:
    return " ".join(source.split())
