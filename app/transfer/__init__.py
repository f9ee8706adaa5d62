"""Moving bytes to storage; knows no service by name."""
