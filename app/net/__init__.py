"""Conversations over HTTP: one client, its errors, its pace."""
