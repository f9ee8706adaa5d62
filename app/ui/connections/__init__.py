"""Connections: their list, the form, the test."""
