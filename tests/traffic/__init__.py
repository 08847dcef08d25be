"""Every filter and match that is translated, with traffic through a real Envoy."""
