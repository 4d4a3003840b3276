"""What this floor decides, said aloud: a floor above writes it into the audit.

People and audit are siblings and never import one another. The signal is sent inside the
deciding transaction and a receiver's error is not caught, so that the entry and the decision
are written together or not at all.
"""

from django.dispatch import Signal

decided = Signal()
"""Arguments: actor (Actor | None: the system), action (text), user (User it is about), detail (JSON dict)."""
