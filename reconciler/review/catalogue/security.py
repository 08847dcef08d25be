"""GW4xx: what is unsafe."""

from __future__ import annotations

from typing import Final

from reconciler.review.catalogue.entry import Entry

ENTRIES: Final = (
    Entry(
        "GW401",
        "private key in git",
        "A Secret has data in the repository: whoever can read the repository, or the store, has it.",
        "Leave data out; the sidecar reads the content from a directory (gitway serve --secrets). Where the "
        "repository is "
        "meant to have it, allow it with --allow-plaintext-secrets.",
        "kind: Secret\ntype: kubernetes.io/tls\ndata: {tls.key: …}",
    ),
    Entry(
        "GW402",
        "reference not permitted",
        "A reference crosses namespaces without a ReferenceGrant in the one that it leads to: it counts as not there.",
        "Add a ReferenceGrant to the namespace of the object that is referred to.",
        "backendRefs:\n  - {name: checkout, namespace: payments, port: 80}",
    ),
    Entry(
        "GW403",
        "clients not verified",
        "The listener asks clients for certificates, but lets in those that have none that is valid.",
        "Remove AllowInsecureFallback unless a backend checks the client itself.",
        "validation:\n  mode: AllowInsecureFallback",
    ),
    Entry(
        "GW404",
        "backend not verified",
        "TLS to the backend does not verify who answers.",
        "Give the authority (caCertificateRefs or wellKnownCACertificates) and the hostname.",
        "tls:\n  insecureSkipVerify: true",
    ),
)
