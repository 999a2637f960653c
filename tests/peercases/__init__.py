"""The product's own validators, run over cases that other projects' tests decided.

    python -m tests.peercases FILE [--format json]

A case holds a ``family_config`` (addresses, CIDR lists, names, nmstate, ...) and what the peer says of it, ``valid`` or
``invalid``. The adapter reads the ``family_config`` alone; it knows a shape by its keys, gives the values to the
product's predicates, and takes a case for invalid where a finding of severity error remains.

Where the product is stricter or laxer than a peer on purpose, ``divergence.py`` says so, by rule and shape. Such a rule
counts as the peer would have it: a stricter one is left out of the verdict, a warning of a laxer one counts. So the
figure tells whether the validators see what the peers see; what the product makes of it beyond that is its own policy,
and stands in that list. Cases of shapes that the product has no use for are counted apart, each with a reason.
"""
