"""GW101 to GW149: what an API server would refuse, and files that cannot be read."""

from __future__ import annotations

from typing import Final

from reconciler.review.catalogue.entry import Entry

ENTRIES: Final = (
    Entry(
        "GW101",
        "unknown field",
        "The kind has no such field, so what was meant would silently have no effect. An API server refuses it with "
        "fieldValidation Strict.",
        "Correct the spelling (the message names the nearest field), or remove it.",
        "spec:\n  hostname: shop.example.com    # the field is hostnames, a list",
    ),
    Entry(
        "GW102",
        "wrong type",
        "The field holds another type than the kind's schema asks for.",
        'Write a value of the type that the message names. YAML reads 8080 as a number and "8080" as text.',
        'port: "8080"    # text where a number is needed',
    ),
    Entry(
        "GW103",
        "missing field",
        "A field that the kind requires is not there.",
        "Add it.",
        "backendRefs:\n  - port: 80    # name is required",
    ),
    Entry(
        "GW104",
        "value not allowed",
        "The value breaks a rule of the field's schema: an enumeration, a pattern, a length or a range.",
        "Choose a value that the message allows.",
        "type: Prefix    # PathPrefix, Exact or RegularExpression",
    ),
    Entry(
        "GW105",
        "fields contradict each other",
        "A validation rule of the kind that relates several fields does not hold.",
        "Change one of the fields that the message names.",
        "filters:\n  - type: RequestRedirect    # and no requestRedirect beside it",
    ),
    Entry(
        "GW106",
        "unknown kind or version",
        "The API group is one that gitway reads, but it has no such kind or version, so that the object would be lost.",
        "Correct kind or apiVersion.",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HttpRoute",
    ),
    Entry(
        "GW107",
        "kind of another group skipped",
        "The object belongs to an API that gitway does not read, such as a Deployment. It has no effect on Envoy.",
        "Nothing; or leave its folder out with --path or .gitwayignore.",
    ),
    Entry(
        "GW108",
        "kind not translated",
        "gitway knows the kind, but does not translate it yet: what it asks for has no effect.",
        "Do not rely on it. Remove it if it is not needed elsewhere.",
    ),
    Entry(
        "GW109",
        "wrong metadata",
        "Name, namespace, labels or annotations are none that Kubernetes would accept.",
        "Follow the rule in the message; names are DNS labels or subdomains.",
        "metadata:\n  name: My_Route",
    ),
    Entry(
        "GW110",
        "syntax error",
        "The file is not YAML, or not JSON, so that nothing in it can be read.",
        "Mend the line; often indentation or a missing quote.",
        "spec: {hostnames: [shop.example.com}",
    ),
    Entry(
        "GW111",
        "duplicate key",
        "A mapping has the same key twice. YAML parsers keep the last one silently; what the first said would be lost.",
        "Remove one of the two.",
        "weight: 90\nweight: 10",
    ),
    Entry(
        "GW112",
        "limit exceeded",
        "The file is too large or too deep, or its aliases stand for too much. The limits keep a file from "
        "exhausting "
        "the machine.",
        "Split the file, or write out what aliases stand for.",
    ),
    Entry(
        "GW113",
        "not an object",
        "The document is no mapping with apiVersion and kind.",
        "Remove it, or list a file that is no manifest in .gitwayignore.",
        "- just\n- a list",
    ),
    Entry(
        "GW114", "malformed list", "A List has items that are no list, or lists within it.", "Give items as one list."
    ),
    Entry(
        "GW115",
        "symbolic link skipped",
        "Links are not followed: what they point at may lie outside the repository.",
        "Commit the file itself.",
    ),
    Entry(
        "GW116",
        "submodule skipped",
        "A submodule's content is not part of the commit.",
        "Commit the manifests, or publish the other repository to a store prefix of its own.",
    ),
    Entry(
        "GW117",
        "unreadable file",
        "The file cannot be read, for example a pointer of Git LFS.",
        "See the message.",
    ),
    Entry(
        "GW118",
        "no such path",
        "A folder of --path or of paths in gitway.yaml is not in the commit, so nothing is read from it.",
        "Correct the path; it is relative to the repository's root.",
    ),
    Entry(
        "GW119",
        "wrong configuration",
        "gitway.yaml has an unknown option or a wrong value.",
        "See the options in the README.",
        "path: gateways    # the option is paths, a list",
    ),
    Entry(
        "GW120",
        "unused ignore",
        "An ignore, in a comment or in gitway.yaml, that nothing was found for: what it stood for is gone, or it "
        "stands in "
        "the wrong place.",
        "Remove it, or put it on the line of the finding (or alone on the line above).",
        "weight: 1    # gitway: ignore GW211 endpoints come later",
    ),
    Entry(
        "GW121",
        "ignore without effect",
        "An ignore that cannot work: it has no reason, or names an error. What an API server would refuse cannot be "
        "published, whatever a comment says.",
        "Write `# gitway: ignore CODE reason`; mend errors.",
        "port: 80    # gitway: ignore GW208",
    ),
)
