"""How many hints wait in each queue, as the broker tells it. Nothing rests on it: the database knows what is to do."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from kombu import Connection
from kombu.exceptions import ChannelError

QUEUES = ("runs", "sweeps", "fleet")
PATIENCE = 2.0
"""Seconds that the broker has to answer."""


class BrokerAway(Exception):
    """The broker does not answer; the message is its own word, without its address."""


def depths() -> dict[str, int]:
    """Hints in each queue that no worker has taken yet. Raises BrokerAway."""
    try:
        with Connection(settings.BROKER_URL, transport_options=options(), connect_timeout=PATIENCE) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0)
            channel = broker.channel()
            return {name: _depth(channel, name) for name in QUEUES}
    except Exception as error:  # every transport raises errors of its own
        raise BrokerAway(type(error).__name__) from error


def options() -> dict[str, Any]:
    """The settings of the queue, with short waits for a broker that may be away."""
    limits = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    return settings.BROKER_OPTIONS if settings.BROKER_URL.startswith("filesystem") else settings.BROKER_OPTIONS | limits


def _depth(channel: Any, name: str) -> int:
    try:
        return int(channel.queue_declare(name, passive=True).message_count)
    except ChannelError:  # Redis forgets a queue that is empty
        return 0
