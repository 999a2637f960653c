"""Rules about kinds of hosts and the way to them."""
