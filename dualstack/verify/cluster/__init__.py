"""The living cluster, seen through its API: read with GET alone, judged by the predicates of rules and policies."""
