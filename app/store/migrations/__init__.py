"""Numbered steps of the database schema; a step that has been released is never edited."""
