"""Envoy Gateway's kinds, each field that is translated with traffic."""
