"""Folders elsewhere: what an inspection needs of them, fetched; nothing more crosses the wire."""
