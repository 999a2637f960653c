"""Rules about charts, their values and versions, and manifests."""
