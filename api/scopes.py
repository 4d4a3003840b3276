"""Which scope of a token an operation wants: by its method, and the last word of its address. Pure."""

from __future__ import annotations

from people.scopes import Scope

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

WORDS: dict[str, Scope] = {
    **dict.fromkeys(("recovery", "handback", "fetch", "bond", "drill", "reboot", "proof", "rollouts"), Scope.REQUEST),
    **dict.fromkeys(("submit", "withdraw", "replan", "answer", "ask", "facts", "slot", "drop"), Scope.REQUEST),
    "filters": Scope.REQUEST,
    **dict.fromkeys(("approve", "reject", "decide", "review"), Scope.APPROVE),
    **dict.fromkeys(("run", "confirm", "cancel", "resume", "continue", "look", "probe", "settle"), Scope.RUN),
    **dict.fromkeys(("undo", "close", "start", "attach", "detach", "trust", "glass"), Scope.RUN),
}


def scope_wanted(method: str, path: str) -> Scope:
    """Whatever is not known to want less wants `administer`: a new operation is closed until it is named here."""
    if method in SAFE:
        return Scope.READ
    if method == "PATCH":  # the last word is a machine's name there, and one may be called "run"
        return Scope.ADMINISTER
    return WORDS.get(path.rstrip("/").rpartition("/")[2], Scope.ADMINISTER)
