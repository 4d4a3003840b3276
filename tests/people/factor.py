"""A person with an authenticator app: what it shows now, and what it will show."""

from __future__ import annotations

import time

from people.factors import totp_begin, totp_confirm
from people.models import Totp, User
from people.selectors import actor_of
from people.totp import code_at


class App:
    """The app on somebody's phone. `code()` is never one that was given before."""

    def __init__(self, user: User) -> None:
        self.secret = totp_begin(user)
        self.user = user
        self.recovery = totp_confirm(user, self.code(), by=actor_of(user))

    def code(self) -> str:
        """What it shows now. Earlier codes are forgotten as if half a minute had passed."""
        Totp.objects.filter(user=self.user).update(last_slot=0)
        return code_at(self.secret, time.time())
