"""The file of `export`, `plan`, `apply` and the importers: agents and their schedules as YAML 1.2. Pure."""
