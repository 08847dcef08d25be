"""The parts of a SecurityPolicy, one module each: from the spec to `reconciler.ir.security`."""
