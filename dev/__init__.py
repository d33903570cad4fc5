"""The local stack: one process that plays everything the deployed service talks to. It is not deployed."""
