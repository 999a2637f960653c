"""Addresses of both families: their words, parsing, ranges, URLs, names made of them, and BMC addresses."""
