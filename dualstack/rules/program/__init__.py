"""Rules about what only a program's resources tell."""
