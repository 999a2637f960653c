"""The living site, seen from outside: does it answer as planned, over both families."""
