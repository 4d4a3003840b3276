"""Registers the app, and has each sign-in noted in its session."""

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "people"

    def ready(self) -> None:
        from django.contrib.auth.signals import user_logged_in

        from people.sessions import note_sign_in

        user_logged_in.connect(note_sign_in, dispatch_uid="sessions")
