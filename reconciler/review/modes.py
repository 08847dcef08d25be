"""Choices that the command line offers, apart from what they need to be carried out."""

from __future__ import annotations

from enum import StrEnum


class EnvoyValidate(StrEnum):
    """Whether to ask a real Envoy before publishing; `auto`: where a binary is found."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"
