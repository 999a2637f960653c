"""Two revisions of a project compared: what a change does to each site that it reaches.

Each revision plans its sites with its own code, in a process of its own, and hands over a document (``snapshot``);
everything else works on these documents and imports no Pulumi.
"""
