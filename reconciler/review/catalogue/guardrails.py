"""GW7xx: what guardrails say."""

from __future__ import annotations

from typing import Final

from reconciler.review.catalogue.entry import Entry

ENTRIES: Final = (
    Entry(
        "GW701",
        "denied by a guardrail",
        "A guardrail whose action is Deny does not hold for a change: nothing is published.",
        "Change what the message names, or ask whoever answers for the guardrail; its name is in parentheses.",
    ),
    Entry(
        "GW702",
        "guardrail warns",
        "A guardrail whose action is Warn does not hold for a change.",
        "Change what the message names, or go on.",
    ),
    Entry(
        "GW703",
        "noted by a guardrail",
        "A guardrail whose action is Audit does not hold for a change, or has something to note about it.",
        "Nothing needs to be done.",
    ),
    Entry(
        "GW704",
        "guardrail that cannot be loaded",
        "An expression has a mistake, or needs what there is not offline: an unknown function, `authorizer`, the "
        "optional syntax `.?`. Nothing passes by a guardrail that says nothing.",
        "Mend the expression; `gitway policy test` evaluates it on examples.",
        "expression: object.spec.?hostnames.orValue([]).size() > 0",
    ),
    Entry(
        "GW705",
        "guardrail that is not there",
        "A binding, `guardrails` in gitway.yaml or --guardrail names a policy that is neither in the repository nor "
        "among those that ship with gitway.",
        "Correct the name; `gitway policy list` has those that ship.",
        "guardrails: {https-onyl: Deny}",
    ),
    Entry(
        "GW706",
        "guardrail without a binding",
        "A ValidatingAdmissionPolicy applies where a ValidatingAdmissionPolicyBinding names it, and none does.",
        "Add a binding, or name the policy in `guardrails` of gitway.yaml.",
    ),
    Entry(
        "GW707",
        "guardrail changed",
        "The commit changes or removes a guardrail. Everything is judged anew by what it is now.",
        "Make sure that whoever answers for it agrees.",
    ),
    Entry(
        "GW708",
        "guardrail cannot be evaluated",
        "An expression failed on an object, most often for a field that it does not have, and failurePolicy is Fail: "
        "that counts as a violation.",
        "Ask with has(…) before reading an optional field.",
        "expression: object.spec.hostnames.size() > 0   # has(object.spec.hostnames) && …",
    ),
)
