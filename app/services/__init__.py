"""One conversation per cloud service; no bytes, no files, no state of their own."""
