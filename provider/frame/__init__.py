"""The provider's frame: Pulumi's calls on one side, handlers with plain values on the other."""
