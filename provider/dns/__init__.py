"""DNS records, and the check of names that others keep."""
