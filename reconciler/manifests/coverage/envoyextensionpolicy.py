"""EnvoyExtensionPolicy."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from reconciler.manifests.coverage import Fields, not_yet, yes

_ATTACHMENT = "policies/test_attachment.py"
_EXTENSIONS = "policies/test_envoyextensionpolicy.py"

FIELDS: Final[Fields] = MappingProxyType(
    {
        "dynamicModule": not_yet("needs shared libraries on Envoy's host; refused"),
        "extProc": yes(f"{_EXTENSIONS}::test_a_processor_sees_and_changes_requests_and_answers"),
        "extProc.backendSettings": yes("policies/test_securitypolicy.py::test_how_services_are_connected_to"),
        "extProc.failOpen": yes(f"{_EXTENSIONS}::test_an_extension_that_cannot_be_had"),
        "extProc.processingMode": yes(f"{_EXTENSIONS}::test_a_processor_is_sent_no_more_than_was_asked_for"),
        "extProc.shadowMode": yes(f"{_EXTENSIONS}::test_nothing_waits_for_a_processor_in_the_shadow"),
        "extProc.statusOnError": yes(f"{_EXTENSIONS}::test_an_extension_that_cannot_be_had"),
        "lua": yes(f"{_EXTENSIONS}::test_scripts_run_in_order"),
        "mergeType": yes(f"{_ATTACHMENT}::test_merging"),
        "targetRef": yes(f"{_ATTACHMENT}::test_precedence"),
        "targetRefs": yes(f"{_ATTACHMENT}::test_precedence"),
        "targetSelectors": yes(f"{_ATTACHMENT}::test_selectors"),
        "wasm": yes(f"{_EXTENSIONS}::test_a_module_is_fetched"),
        "wasm.code.http.tls": not_yet("authorities that Envoy's host trusts only; refused"),
        "wasm.code.image": not_yet("modules over HTTP only; refused"),
        "wasm.code.pullPolicy": not_yet("of images; modules over HTTP are held to their digest"),
    }
)
