"""The xDS server beside the Envoys: follows the store, serves snapshots over ADS."""
