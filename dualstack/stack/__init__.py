"""The project's folder: stack files, and the layers below them."""
