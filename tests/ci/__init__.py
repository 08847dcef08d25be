"""The actions, the workflows and the repositories to copy."""
