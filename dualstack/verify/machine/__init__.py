"""What stands on a machine itself, read by SSH: the stamp, addresses, routes, resolvers, certificates, the clock."""
