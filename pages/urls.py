"""Addresses of the pages that combine floors."""

from __future__ import annotations

from django.urls import path, register_converter

from changes.policy import Action
from execution.stream import change_events
from pages.change_acts import ACTS, change_act
from pages.change_list import change_list
from pages.change_log import change_log
from pages.change_page import change_page
from pages.engine import engine
from pages.evidence import change_evidence
from pages.glass_acts import glass_act
from pages.home import home
from pages.log_view import log_find, log_page, log_window
from pages.policies import policies, policy_edit, policy_new, policy_switch
from pages.rollouts import rollout_act, rollout_list, rollout_new, rollout_page
from pages.search import search
from pages.styleguide import styleguide
from pages.windows import change_slot, scoped_form, scoped_toggle, windows
from people.access import signed_in


class ActConverter:
    """A word of the policy that the change page posts; others (a kind's own) are left to other addresses."""

    regex = "|".join(action.value for action in ACTS)

    def to_python(self, value: str) -> str:
        return Action(value).value

    def to_url(self, value: str) -> str:
        return Action(value).value


register_converter(ActConverter, "act")

urlpatterns = [
    path("", home, name="home"),
    path("search", search, name="search"),
    path("changes/", change_list, name="changes"),
    path("changes/<int:number>/", change_page, name="change"),
    path("changes/<int:number>/events", change_events, name="change_events"),
    path("changes/<int:number>/log/", log_page, name="log"),
    path("changes/<int:number>/log/lines", log_window, name="log_window"),
    path("changes/<int:number>/log/find", log_find, name="log_find"),
    path("changes/<int:number>/log.txt", change_log, name="change_log"),
    path("changes/<int:number>/evidence", change_evidence, name="change_evidence"),
    path("changes/<int:number>/slot", change_slot, name="change_slot"),
    path("changes/<int:number>/glass/<slug:action>", glass_act, name="glass_act"),
    path("changes/<int:number>/<act:action>", change_act, name="change_act"),
    path("rollouts/", rollout_list, name="rollouts"),
    path("rollouts/new", rollout_new, name="rollout_new"),
    path("rollouts/<int:number>/", rollout_page, name="rollout"),
    path("rollouts/<int:number>/<slug:action>", rollout_act, name="rollout_act"),
    path("policies/", policies, name="policies"),
    path("policies/new", policy_new, name="policy_new"),
    path("policies/<int:pk>/", policy_edit, name="policy_edit"),
    path("policies/<int:pk>/switch", policy_switch, name="policy_switch"),
    path("windows/", windows, name="windows"),
    path("windows/new", scoped_form, {"what": "window"}, name="window_new"),
    path("windows/<int:pk>/", scoped_form, {"what": "window"}, name="window_edit"),
    path("windows/<int:pk>/switch", scoped_toggle, {"what": "window"}, name="window_switch"),
    path("freezes/new", scoped_form, {"what": "freeze"}, name="freeze_new"),
    path("freezes/<int:pk>/", scoped_form, {"what": "freeze"}, name="freeze_edit"),
    path("freezes/<int:pk>/switch", scoped_toggle, {"what": "freeze"}, name="freeze_switch"),
    path("engine/", engine, name="engine"),
    path("styleguide/", signed_in()(styleguide), name="styleguide"),
]
