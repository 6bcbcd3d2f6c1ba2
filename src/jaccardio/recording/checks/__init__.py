"""Checks of a recording's quality: one table (`table`), one file a family of checks, each a pure function from a signal to a number."""
