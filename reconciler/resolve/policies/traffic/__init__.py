"""The parts of a BackendTrafficPolicy."""
