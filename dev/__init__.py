"""The local stack: everything the deployed service talks to, played by one process. Not deployed."""
