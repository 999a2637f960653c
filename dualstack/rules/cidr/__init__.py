"""Rules about pod and service CIDRs: their lists, sizes, and what they share addresses with."""
