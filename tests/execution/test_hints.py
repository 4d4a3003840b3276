"""How many hints wait: counted where the broker is, and said where it is away."""

import pytest
from django.conf import settings
from kombu import Connection

from execution.hints import BrokerAway, depths


def test_hints_that_nobody_took_are_counted_by_queue(own_queue):
    with Connection(settings.BROKER_URL, transport_options=settings.BROKER_OPTIONS) as broker:
        producer = broker.Producer()
        for name in ("runs", "runs", "fleet", "runs"):
            producer.publish({"id": 42}, exchange="", routing_key=name)
    assert depths() == {"runs": 3, "sweeps": 0, "fleet": 1}


def test_a_broker_that_is_away_is_said_without_its_address(settings):
    settings.BROKER_URL, settings.BROKER_OPTIONS = "redis://:a-password@127.0.0.1:1/0", {}
    with pytest.raises(BrokerAway) as away:
        depths()
    assert str(away.value) == "OperationalError"
