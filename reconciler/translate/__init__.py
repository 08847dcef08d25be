"""IR → Envoy resources (envoy-data-plane messages, encoded)."""
