"""gitway's tests: one directory a room, `support` for what they share."""
