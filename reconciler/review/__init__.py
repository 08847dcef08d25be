"""Two releases → what changes, for people (text) and programs (JSON)."""
