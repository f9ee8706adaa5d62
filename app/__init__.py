"""Postflight gets a drone flight's media into the cloud and proves that it arrived."""

__version__ = "0.1.0"
