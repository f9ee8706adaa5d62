"""Batches in the window: the list, the page of one, the history."""
