"""Where the sidecar finds the secrets that snapshots only name."""
