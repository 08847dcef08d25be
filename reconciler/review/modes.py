"""Choices that the command line offers, apart from what they need to be carried out."""

from __future__ import annotations

from enum import StrEnum


class EnvoyValidate(StrEnum):
    """Whether to ask a real Envoy before publishing; `auto`: where a binary is found."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


class PlanFormat(StrEnum):
    """How a plan is written. The table of what writes each is in `reconciler.review.formats.table`."""

    TEXT = "text"
    CONCISE = "concise"
    MARKDOWN = "markdown"
    STEP_SUMMARY = "step-summary"
    JSON = "json"
    GITHUB = "github"
    SARIF = "sarif"
    HTML = "html"
    JUNIT = "junit"


class DiagnosticFormat(StrEnum):
    """How diagnostics are written to stderr: with source lines, a line each, or as GitHub's annotations."""

    TEXT = "text"
    CONCISE = "concise"
    GITHUB = "github"


class FailOn(StrEnum):
    """The mildest diagnostic that makes a command fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"
