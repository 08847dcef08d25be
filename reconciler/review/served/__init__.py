"""What a fleet serves, read from its snapshot: a release's of a store, or one that was just built."""
