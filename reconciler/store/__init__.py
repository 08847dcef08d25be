"""Snapshots and releases in `file://` and `s3://`: the publish protocol and its history."""
