"""Rules about names and DNS."""
