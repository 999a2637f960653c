"""Rules about RKE2's server.yaml and a cluster of several nodes."""
