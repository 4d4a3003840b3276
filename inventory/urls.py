"""Hosts, owners, VMs."""

from django.urls import path

from inventory.views import answers, hosts, imports, keys, merging, owners, unowned, vms

urlpatterns = [
    path("hosts/", hosts.hosts, name="hosts"),
    path("hosts/new/", hosts.host_new, name="host_new"),
    path("hosts/import/", imports.hosts_import, name="hosts_import"),
    path("hosts/bulk/", imports.hosts_bulk, name="hosts_bulk"),
    path("hosts/export.csv", imports.hosts_export, name="hosts_export"),
    path("hosts/check/", hosts.host_check, name="host_check"),
    path("hosts/<str:name>/", hosts.host, name="host"),
    path("hosts/<str:name>/edit/", hosts.host_edit, name="host_edit"),
    path("hosts/<str:name>/credential/", hosts.host_credential, name="host_credential"),
    path("hosts/<str:name>/keys/scan/", keys.host_key_scan, name="host_key_scan"),
    path("hosts/<str:name>/keys/add/", keys.host_key_add, name="host_key_add"),
    path("hosts/<str:name>/keys/<int:pk>/trust/", keys.host_key_trust_view, name="host_key_trust"),
    path("hosts/<str:name>/keys/<int:pk>/revoke/", keys.host_key_revoke_view, name="host_key_revoke"),
    path("hosts/<str:name>/merge/", merging.host_merge, name="host_merge"),
    path("hosts/<str:name>/answer/", answers.host_answer, name="host_answer"),
    path("unowned/", unowned.unowned, name="unowned"),
    path("confirm/<str:token>/", answers.confirm, name="confirm"),
    path("owners/", owners.owners, name="owners"),
    path("owners/new/", owners.owner_new, name="owner_new"),
    path("owners/<int:pk>/", owners.owner, name="owner"),
    path("owners/<int:pk>/edit/", owners.owner_edit, name="owner_edit"),
    path("owners/<int:pk>/people/", owners.member_add, name="member_add"),
    path("owners/<int:pk>/people/<int:member>/remove/", owners.member_remove, name="member_remove"),
    path("vms/", vms.vms, name="vms"),
    path("vms/new/", vms.vm_new, name="vm_new"),
    path("vms/<str:name>/", vms.vm, name="vm"),
    path("vms/<str:name>/edit/", vms.vm_edit, name="vm_edit"),
    path("vms/<str:name>/merge/", merging.vm_merge, name="vm_merge"),
    path("vms/<str:name>/answer/", answers.vm_answer, name="vm_answer"),
]
