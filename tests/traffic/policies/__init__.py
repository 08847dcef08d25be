"""Policies with real traffic."""
