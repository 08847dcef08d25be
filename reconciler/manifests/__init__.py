"""Documents → typed resources: models faithful to the CRDs, one module a kind."""
