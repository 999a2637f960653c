"""Rules about secrets in clear text."""
