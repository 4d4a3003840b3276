"""The policy of every address, said a second time: who may, by which methods, and whose thing it is about.

    name of the URL, or path of the API | methods | who | about

who    anyone, account (anybody signed in), else roles of which one is enough; `whole`: nobody who sees only their own
about  what of an owner's stands in the address: somebody who does not see it gets 404. `-`: nothing does.
       With `?` behind it the service decides as well, by the state of the thing or by the policy of the change.

An address that does not stand here fails `tests/test_house.py`, and one that does is asked by `test_matrix.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from people.roles import Role

PAGES = """
home                 | GET      | viewer                           | -
search               | GET      | viewer                           | -
changes              | GET      | viewer                           | -
change               | GET      | viewer                           | change
change_events        | GET      | viewer                           | change
log                  | GET      | viewer                           | change
log_window           | GET      | viewer                           | change
log_find             | GET      | viewer                           | change
change_log           | GET      | viewer                           | change
change_evidence      | GET      | viewer                           | change
change_act           | POST     | viewer                           | change ?
rollouts             | GET      | viewer                           | -
rollout_new          | GET POST | requester                        | -
rollout              | GET      | viewer                           | rollout
rollout_act          | POST     | viewer                           | rollout ?
policies             | GET      | viewer whole                     | -
policy_new           | GET POST | administrator                    | -
policy_edit          | GET POST | administrator                    | rule
policy_switch        | POST     | administrator                    | rule
glass_act            | POST     | viewer                           | glass ?
change_slot          | GET POST | viewer                           | change ?
windows              | GET      | viewer whole                     | -
window_new           | GET POST | administrator                    | -
window_edit          | GET POST | administrator                    | window
window_switch        | POST     | administrator                    | window
freeze_new           | GET POST | administrator                    | -
freeze_edit          | GET POST | administrator                    | freeze
freeze_switch        | POST     | administrator                    | freeze
engine               | GET      | operator administrator           | -
styleguide           | GET      | account                          | - ?
login                | GET POST | anyone                           | -
login_code           | GET POST | anyone                           | -
oidc_begin           | GET      | anyone                           | - ?
oidc_back            | GET      | anyone                           | - ?
logout               | POST     | anyone                           | -
account              | GET      | account                          | -
account_password     | GET POST | account                          | -
factor               | GET      | account                          | -
factor_begin         | POST     | account                          | -
factor_confirm       | POST     | account                          | -
factor_codes         | POST     | account                          | -
factor_remove        | POST     | account                          | -
key_add              | POST     | account                          | -
key_remove           | POST     | account                          | token ?
step_up              | GET POST | account                          | -
sessions             | GET      | account                          | -
notice_choices       | GET POST | account                          | -
filters              | GET POST | viewer                           | -
filter_open          | GET      | viewer                           | kept
filter_edit          | POST     | viewer                           | kept ?
filter_drop          | POST     | viewer                           | kept ?
webhooks             | GET      | administrator                    | -
webhook_new          | GET POST | administrator                    | -
webhook              | GET POST | administrator                    | webhook
webhook_switch       | POST     | administrator                    | webhook
webhook_rotate       | GET POST | administrator                    | webhook
webhook_test         | POST     | administrator                    | webhook
webhook_again        | POST     | administrator                    | webhook
session_end          | POST     | account                          | -
token_issue          | POST     | account                          | -
token_revoke         | POST     | account                          | token ?
people               | GET      | administrator                    | -
person_new           | GET POST | administrator                    | -
person               | GET POST | administrator                    | person
factor_reset         | POST     | administrator                    | person
person_sessions_end  | POST     | administrator                    | person
person_switch        | POST     | administrator                    | person
hosts                | GET      | viewer                           | -
host_new             | GET POST | administrator                    | -
hosts_import         | GET POST | administrator                    | -
hosts_bulk           | GET POST | administrator                    | -
hosts_export         | GET      | viewer                           | -
host_check           | POST     | administrator                    | -
host                 | GET      | viewer                           | host
host_edit            | GET POST | administrator                    | host
host_credential      | GET POST | administrator                    | host
host_key_scan        | POST     | operator administrator           | host
host_key_add         | POST     | operator administrator           | host
host_key_trust       | POST     | operator administrator           | key
host_key_revoke      | POST     | operator administrator           | key
host_merge           | GET POST | administrator                    | host
host_answer          | POST     | viewer                           | host ?
unowned              | GET      | viewer                           | -
confirm              | GET POST | anyone                           | asking
owners               | GET      | viewer                           | -
owner_new            | GET POST | administrator                    | -
owner                | GET      | viewer                           | owner
owner_edit           | GET POST | administrator                    | owner
member_add           | POST     | administrator                    | owner
member_remove        | POST     | administrator                    | owner
vms                  | GET      | viewer                           | -
vm_new               | GET POST | administrator                    | -
vm                   | GET      | viewer                           | vm
vm_edit              | GET POST | administrator                    | vm
vm_merge             | GET POST | administrator                    | vm
vm_answer            | POST     | viewer                           | vm ?
audit                | GET      | viewer whole                     | -
recovery_new         | GET POST | requester                        | -
recovery_host        | GET      | requester administrator          | host named
recovery_check       | POST     | requester administrator          | -
recovery_edit        | GET POST | requester administrator          | recovery ?
fetch_new            | GET POST | requester                        | -
fetch_edit           | GET POST | requester administrator          | fetch ?
handback_new         | GET POST | requester                        | -
handback_edit        | GET POST | requester administrator          | handback ?
recovery_attach      | POST     | operator                         | change ?
recovery_detach      | POST     | operator                         | change ?
recovery_report_html | GET      | viewer                           | change
recovery_report_json | GET      | viewer                           | change
bonds                | GET      | viewer                           | -
bonds_ask            | POST     | requester operator administrator whole | -
bonds_silent         | GET      | viewer                           | -
bonds_progress       | GET      | viewer                           | -
bonds_grid           | GET      | viewer                           | -
bonds_grid_changes   | GET      | viewer                           | -
bonds_grid_tip       | GET      | viewer                           | cell
topology             | GET      | viewer                           | -
switch               | GET      | viewer                           | switch
idle_ports           | GET      | viewer                           | -
bonds_host_ask       | POST     | requester operator administrator | host
bond                 | GET      | viewer                           | bond
readiness            | GET      | viewer                           | -
risk                 | GET      | viewer                           | -
readiness_of         | GET      | viewer                           | host
readiness_ask        | POST     | requester operator administrator | host
reboot_new           | GET POST | requester                        | -
reboot_edit          | GET POST | requester administrator          | reboot ?
proof_new            | GET POST | requester                        | -
proof_edit           | GET POST | requester administrator          | proof ?
bond_new             | GET POST | requester                        | -
bond_host            | GET      | requester administrator          | host named
bond_check           | POST     | requester administrator          | -
bonds_many           | GET POST | requester                        | -
drill_new            | GET POST | requester                        | -
drill_edit           | GET POST | requester administrator          | drill ?
bond_edit            | GET POST | requester administrator          | bond change ?
healthz              | GET      | anyone                           | -
livez                | GET      | anyone                           | -
metrics              | GET      | anyone                           | - ?
"""

CALLS = """
/changes/recovery/copies    | get   | viewer                           | -
/changes/recovery           | post  | viewer                           | - ?
/changes/fetch              | post  | viewer                           | - ?
/changes/handback           | post  | viewer                           | - ?
/changes/bond               | post  | viewer                           | - ?
/changes/drill              | post  | viewer                           | - ?
/changes/reboot             | post  | viewer                           | - ?
/changes/proof              | post  | viewer                           | - ?
/changes/{number}/recovery  | put   | viewer                           | recovery ?
/changes/{number}/bond      | put   | viewer                           | bond change ?
/changes/{number}/attach    | post  | viewer                           | change ?
/changes/{number}/detach    | post  | viewer                           | change ?
/changes/{number}/report    | get   | viewer                           | change
/changes                    | get   | viewer                           | -
/changes/{number}           | get   | viewer                           | change
/changes/{number}/now       | get   | viewer                           | change
/changes/{number}/plan      | get   | viewer                           | change
/changes/{number}/log       | get   | viewer                           | change
/changes/{number}/evidence  | get   | viewer                           | change
/changes/{number}/submit    | post  | viewer                           | change ?
/changes/{number}/approve   | post  | viewer                           | change ?
/changes/{number}/reject    | post  | viewer                           | change ?
/changes/{number}/withdraw  | post  | viewer                           | change ?
/changes/{number}/replan    | post  | viewer                           | change ?
/changes/{number}/run       | post  | viewer                           | change ?
/changes/{number}/confirm   | post  | viewer                           | change ?
/changes/{number}/cancel    | post  | viewer                           | change ?
/changes/{number}/resume    | post  | viewer                           | change ?
/changes/{number}/continue  | post  | viewer                           | change ?
/changes/{number}/look      | post  | viewer                           | change ?
/changes/{number}/probe     | post  | viewer                           | change ?
/changes/{number}/settle    | post  | viewer                           | change ?
/changes/{number}/undo      | post  | viewer                           | change ?
/changes/{number}/close     | post  | viewer                           | change ?
/rollouts                   | get   | viewer                           | -
/rollouts                   | post  | viewer                           | - ?
/rollouts/{number}          | get   | viewer                           | rollout
/rollouts/{number}/submit   | post  | viewer                           | rollout ?
/rollouts/{number}/approve  | post  | viewer                           | rollout ?
/rollouts/{number}/reject   | post  | viewer                           | rollout ?
/rollouts/{number}/withdraw | post  | viewer                           | rollout ?
/rollouts/{number}/start    | post  | viewer                           | rollout ?
/rollouts/{number}/close    | post  | viewer                           | rollout ?
/policies                   | get   | viewer whole                     | -
/policies                   | post  | administrator                    | -
/policies/{number}          | put   | administrator                    | rule
/policies/{number}/switch   | post  | administrator                    | rule
/windows                    | get   | viewer whole                     | -
/windows                    | post  | administrator                    | -
/windows/{number}           | put   | administrator                    | window
/windows/{number}/switch    | post  | administrator                    | window
/freezes                    | get   | viewer whole                     | -
/freezes                    | post  | administrator                    | -
/freezes/{number}           | put   | administrator                    | freeze
/freezes/{number}/switch    | post  | administrator                    | freeze
/calendar                   | get   | viewer                           | -
/changes/{number}/slots     | get   | viewer                           | change
/changes/{number}/slot      | post  | viewer                           | change ?
/changes/{number}/slot/drop | post  | viewer                           | change ?
/notices                    | get   | viewer                           | -
/notices                    | put   | viewer                           | -
/changes/{number}/glass     | post  | viewer                           | change ?
/changes/{number}/glass/decide | post | viewer                        | change ?
/changes/{number}/glass/review | post | viewer                        | change ?
/reviews                    | get   | viewer                           | -
/filters                    | get   | viewer                           | -
/filters                    | post  | viewer                           | -
/filters/{number}/drop      | post  | viewer                           | kept ?
/webhooks                   | get   | administrator                    | -
/webhooks/{number}          | put   | administrator                    | webhook
/webhooks/{number}/switch   | post  | administrator                    | webhook
/webhooks/{number}/test     | post  | administrator                    | webhook
/webhooks/{number}/deliveries | get | administrator                    | webhook
/webhooks/{number}/deliveries/{delivery}/again | post | administrator | webhook
/audit                      | get   | viewer whole                     | -
/bonds                      | get   | viewer                           | -
/bonds/ask                  | post  | requester operator administrator whole | -
/hosts/{name}/bonds         | get   | viewer                           | host
/hosts/{name}/bonds/ask     | post  | requester operator administrator | host
/readiness                  | get   | viewer                           | -
/risk                       | get   | viewer                           | -
/hosts/{name}/readiness     | get   | viewer                           | host
/hosts/{name}/readiness/ask | post  | requester operator administrator | host
/topology                   | get   | viewer                           | -
/topology/{switch}          | get   | viewer                           | switch
/idle-ports                 | get   | viewer                           | -
/hosts                      | get   | viewer                           | -
/hosts                      | post  | administrator                    | -
/hosts/{name}               | get   | viewer                           | host
/hosts/{name}               | patch | administrator                    | host
/hosts/{name}/trust         | post  | operator administrator           | host
/hosts/{name}/facts         | post  | viewer                           | host
/owners                     | get   | viewer                           | -
/owners                     | post  | administrator                    | -
/vms                        | get   | viewer                           | -
/vms                        | post  | administrator                    | -
/import                     | post  | administrator                    | -
/unowned                    | get   | viewer                           | -
/hosts/{name}/answer        | post  | viewer                           | host ?
/vms/{name}/answer          | post  | viewer                           | vm ?
/hosts/{name}/merge         | post  | administrator                    | host ?
/vms/{name}/merge           | post  | administrator                    | vm ?
/owners/{pk}/people         | get   | viewer                           | owner
/owners/{pk}/people         | post  | administrator                    | owner
"""

OPEN_CALLS = frozenset({"openapi-json", "openapi-view", "api-root"})
"""Names of the API's addresses that tell of the API itself."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One row. No roles and not `anyone`: any account."""

    name: str
    methods: tuple[str, ...]
    about: str
    roles: frozenset[Role] = frozenset()
    anyone: bool = False
    whole: bool = False
    decided: bool = False


def _rules(text: str) -> list[Rule]:
    return [_rule(*(part.strip() for part in line.split("|"))) for line in text.strip().splitlines()]


def _rule(name: str, methods: str, who: str, about: str) -> Rule:
    words = set(who.split())
    return Rule(
        name,
        tuple(methods.upper().split()),
        about.rstrip(" ?"),
        frozenset(Role(word) for word in words - {"anyone", "account", "whole"}),
        "anyone" in words,
        "whole" in words,
        about.endswith("?"),
    )


PAGE_RULES = {rule.name: rule for rule in _rules(PAGES)}
CALL_RULES = {(rule.methods[0], rule.name): rule for rule in _rules(CALLS)}
