"""What docs/architecture.md says of adding things, done to a copy of the tree and run there."""
