"""The xDS server beside the Envoys: follows the store, serves snapshots over ADS."""

import os

# gRPC logs by itself what we say in our own words. It reads this when it is imported, which modules of this room do.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
