"""Migrations of the journal, run when it is opened. The index has none: it is filled again."""
