"""The Pulumi CLI on any machine, and the environment in which it runs; imports no Pulumi."""
