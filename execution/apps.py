from django.apps import AppConfig


class ExecutionConfig(AppConfig):
    name = "execution"

    def ready(self) -> None:
        from changes.going import register_going
        from execution.starting import acting_on

        register_going(acting_on)
