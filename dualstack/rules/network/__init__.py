"""Rules about the nodes' networks, judged on nmstate."""
