"""Encoded resources with their versions and digests, the consistency check, and the difference of two snapshots."""
