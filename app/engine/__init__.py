"""Decides what happens next; the only asynchronous code outside the window."""
