"""What Postflight remembers: the queue in SQLite, settings, secrets, the lock."""
