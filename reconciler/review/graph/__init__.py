"""Gateway → listener → hostname → rule → backend, coloured by change; one file a notation."""
