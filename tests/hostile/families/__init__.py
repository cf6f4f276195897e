"""The cases, a family a module. One row or one decorated function is one folder."""
