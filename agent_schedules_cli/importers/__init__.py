"""Translate the schedules of other schedulers into the file, with a report of each difference in meaning. Pure."""
