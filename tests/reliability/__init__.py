"""What is promised for an outage, tried with the real thing: processes, Envoys, stores."""
