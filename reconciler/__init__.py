"""gitway: a GitOps reconciler for Envoy."""

__version__ = "0.1.0"
