"""HTTP filters, one file each; `order` has the table of all."""
