"""Rules about single addresses and prefixes."""
