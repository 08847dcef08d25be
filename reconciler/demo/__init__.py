"""`gitway demo`: the whole way on one machine. It drives the same commands that people type."""
