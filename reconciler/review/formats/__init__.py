"""How plans and diagnostics are written. One file a format; `table` lists them all."""
