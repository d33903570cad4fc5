"""The console: the web pages that the api function serves at `/console`. It knows nothing of the other rooms."""
