"""The EIB directory, and the image that is built from it."""
