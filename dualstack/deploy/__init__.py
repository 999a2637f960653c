"""Deploying a site with Pulumi's Automation API: backend, locks, progress and the four operations.

Nothing is imported here: the command's start-up pays for none of it. ``session`` imports Pulumi when it runs something.
"""
