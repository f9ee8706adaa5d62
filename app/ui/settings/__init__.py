"""The page of settings, one module a section."""
