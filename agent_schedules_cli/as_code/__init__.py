"""`export`, `plan` and `apply`: the file's agents and schedules, and those of a service."""
