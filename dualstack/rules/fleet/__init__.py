"""Rules about several sites, and about layers that they share."""
