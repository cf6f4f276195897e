"""Laws that a scheduler's config should obey, and the search for the smallest config that breaks one."""
