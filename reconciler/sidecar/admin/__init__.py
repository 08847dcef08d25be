"""The admin page: health, metrics and state over HTTP, for this machine alone."""
