"""Rules about Ironic, the metal3 chart and BMCs."""
