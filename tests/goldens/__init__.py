"""Golden answers: what the product says of every mapping that its tests gave it once, so that nothing changes unseen.

``make goldens`` writes the answers again, ``make goldens-check`` compares all of them; the tests compare a sample. The
corpus itself is made of what a run of the tests with ``DUALSTACK_RECORD=FILE`` kept, by
``python -m tests.goldens corpus FILE``, which leaves out what is like another case.
"""
