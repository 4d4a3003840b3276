"""A world of two owners (tests/rights/world.py), and Mina at her browser in it."""

from __future__ import annotations

import pytest
from django.test import Client

from people.actor import Actor
from people.selectors import actor_of
from tests.rights import world as worlds


@pytest.fixture
def world(db: None) -> worlds.World:
    return worlds.make()


@pytest.fixture
def mina(world: worlds.World) -> Actor:
    return actor_of(world.people["mina"])


@pytest.fixture
def as_mina(world: worlds.World) -> Client:
    client = Client()
    client.force_login(world.people["mina"])
    return client
