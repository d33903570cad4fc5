"""The command line `agent-schedules`: HTTP for what the API does, AWS for what concerns a deployment. Not deployed."""
