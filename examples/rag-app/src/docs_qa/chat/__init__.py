"""The web page: static files, their configuration, and pictures of it for the README."""
