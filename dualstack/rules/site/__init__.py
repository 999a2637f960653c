"""Rules about the form of site files and of the project's files."""
