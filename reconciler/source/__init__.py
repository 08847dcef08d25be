"""Git commits and work trees → documents: path, position, raw object."""
