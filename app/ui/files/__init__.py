"""The files of a batch: table, filters, details."""
