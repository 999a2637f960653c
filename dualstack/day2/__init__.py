"""What a change of each field means to a living site: one word, what to do, what is away or lost, and who must follow.

The model says what a field is, this room what its change takes: an entry a field in the ``*_fields`` modules, found by
``ask``. A field of the model without an entry, or an entry without a field, fails ``tests/day2``.
"""

from dualstack.day2.ask import Edited, consequence, entries, secret_consequence
from dualstack.day2.model import Asked, Consequence, Entry
from dualstack.day2.setting import Setting
from dualstack.day2.words import Word

__all__ = ["Asked", "Consequence", "Edited", "Entry", "Setting", "Word", "consequence", "entries", "secret_consequence"]
