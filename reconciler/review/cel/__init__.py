"""CEL as Kubernetes' admission policies use it: the expressions of guardrails, evaluated without an API server.

`common-expression-language` (Rust) parses and evaluates. Here is what Kubernetes adds to the language
(https://kubernetes.io/docs/reference/using-api/cel/), one module a library, and `expression`, which refuses at load
what could not be evaluated.
"""
