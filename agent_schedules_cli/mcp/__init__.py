"""A server of the Model Context Protocol: agents look at schedules and change them, within the scope of one key."""
