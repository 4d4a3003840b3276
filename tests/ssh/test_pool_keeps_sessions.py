"""Open sessions are kept for the next borrower, and never a broken one."""

import time
from dataclasses import replace
from typing import Any

import pytest

from ssh.command import Command
from ssh.paramiko_session import ParamikoSession, Target, connect, knock
from ssh.pool import SessionPool
from ssh.session import CommandTimeout
from tests.ssh.conftest import Sshd


def test_the_next_borrower_gets_the_same_session(sshd: Sshd) -> None:
    pool = SessionPool()
    with pool.acquire(sshd.target) as first:
        pass
    with pool.acquire(sshd.target) as second:
        assert second is first
    pool.close()
    assert not first.is_alive()


def test_two_borrowers_at_once_get_two_sessions(sshd: Sshd) -> None:
    pool = SessionPool()
    with pool.acquire(sshd.target) as one, pool.acquire(sshd.target) as two:
        assert one is not two
    pool.close()


def test_a_target_with_other_trusted_keys_gets_no_old_session(sshd: Sshd) -> None:
    pool = SessionPool()
    with pool.acquire(sshd.target) as first:
        pass
    with pool.acquire(replace(sshd.target, host_keys=(sshd.keys["rsa"],))) as second:
        assert second is not first
    pool.close()


def test_a_session_with_an_error_is_closed(sshd: Sshd) -> None:
    pool = SessionPool()
    with pytest.raises(CommandTimeout), pool.acquire(sshd.target) as session:
        session.run(Command(("sleep", "5"), timeout=0.2))
    assert not session.is_alive()
    pool.close()


def test_a_session_that_died_while_idle_is_not_lent(sshd: Sshd) -> None:
    pool = SessionPool()
    with pool.acquire(sshd.target) as first:
        pass
    first.close()
    with pool.acquire(sshd.target) as second:
        assert second.run(Command(("echo", "on"))).stdout == b"on\n"
    pool.close()


def test_an_idle_session_is_closed_after_a_while(sshd: Sshd) -> None:
    pool = SessionPool(idle=0.05)
    with pool.acquire(sshd.target) as session:
        pass
    time.sleep(0.1)
    pool.close_idle()
    assert not session.is_alive()


def test_the_oldest_session_makes_room_for_the_newest(sshd: Sshd) -> None:
    pool = SessionPool(size=1)
    with pool.acquire(sshd.target) as old, pool.acquire(sshd.target) as new:
        pass
    kept = [session.is_alive() for session in (new, old)]
    assert sorted(kept) == [False, True]
    pool.close()


def test_targets_behind_one_jump_host_share_the_way_to_it(sshd: Sshd) -> None:
    opened: list[Target] = []

    def opener(target: Target, **more: Any) -> ParamikoSession:
        opened.append(target)
        return connect(target, **more)

    pool = SessionPool(opener)
    jump = replace(sshd.target, name="jump")
    one, two = (replace(sshd.target, name=name, jump=jump) for name in ("one", "two"))
    with pool.acquire(one) as first, pool.acquire(two) as second:
        assert [s.run(Command(("echo", "on"))).stdout for s in (first, second)] == [b"on\n", b"on\n"]
    pool.close()
    assert [target.name for target in opened] == ["jump", "one", "two"]


def test_a_connection_that_is_open_already_is_used(sshd: Sshd) -> None:
    pool = SessionPool()
    with pool.acquire(sshd.target, knock(sshd.target)) as session:
        assert session.run(Command(("echo", "on"))).stdout == b"on\n"
    assert pool.has(sshd.target)
    pool.close()
    assert not pool.has(sshd.target)
