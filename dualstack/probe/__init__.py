"""Asking servers from outside: TCP, TLS, an API server, a resolver; for the provider, and for ``verify``."""
