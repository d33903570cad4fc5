"""Faults between a commit and the receiver of a webhook, in simulated days. A seed decides all of it."""
