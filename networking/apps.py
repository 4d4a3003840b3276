"""Registers the app; its kinds of change come with it."""

from django.apps import AppConfig


class NetworkingConfig(AppConfig):
    name = "networking"
