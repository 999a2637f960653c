"""The project's folder: stack files, layers below them, and what was read."""
