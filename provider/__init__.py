"""Our own resource types: what no provider offers.

``resources`` has the classes that a program uses; the provider process that does their work stands beside it.
"""
