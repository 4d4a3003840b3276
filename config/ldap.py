"""The directory that people sign in through, from the environment to django-auth-ldap's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.environment import env, secret

PATIENCE = 5
HERE = ("localhost", "127.0.0.1", "::1")


def ldap_settings(name: str) -> dict[str, Any]:
    """`AUTH_LDAP_…`; {} where no directory is named. Everything but loopback is spoken to with TLS."""
    uri: str = env.str(f"{name}_URI", default="")
    if not uri:
        return {}
    parts, users = urlsplit(uri), env.str(f"{name}_USERS", default="")
    groups = env.str(f"{name}_GROUPS", default="")
    if parts.scheme not in ("ldap", "ldaps") or not parts.hostname or not users or not groups:
        raise ImproperlyConfigured(
            f"{name}_URI must look like ldaps://directory.example.org, and {name}_USERS and {name}_GROUPS must be set "
            "with it: the branches that hold people and groups, such as ou=people,dc=example,dc=org."
        )
    try:
        import ldap
        from django_auth_ldap.config import GroupOfNamesType, LDAPSearch
    except ImportError:
        raise ImproperlyConfigured(
            f"{name}_URI is set, but what speaks to a directory is not installed. Run: make ldap"
        ) from None
    people = LDAPSearch(users, ldap.SCOPE_SUBTREE, env.str(f"{name}_USER_FILTER", default="(uid=%(user)s)"), ["*", "+"])
    group_filter = env.str(f"{name}_GROUP_FILTER", default="(|(objectClass=groupOfNames)(objectClass=group))")
    return {
        "AUTH_LDAP_SERVER_URI": uri,
        "AUTH_LDAP_BIND_DN": env.str(f"{name}_BIND_DN", default=""),
        "AUTH_LDAP_BIND_PASSWORD": secret(f"{name}_BIND_PASSWORD"),
        "AUTH_LDAP_USER_SEARCH": people,
        "AUTH_LDAP_GROUP_SEARCH": LDAPSearch(groups, ldap.SCOPE_SUBTREE, group_filter),
        "AUTH_LDAP_GROUP_TYPE": GroupOfNamesType(name_attr="cn"),
        "AUTH_LDAP_START_TLS": parts.scheme == "ldap" and parts.hostname not in HERE,
        "AUTH_LDAP_ALWAYS_UPDATE_USER": False,  # people.directory does
        "AUTH_LDAP_CONNECTION_OPTIONS": {
            ldap.OPT_NETWORK_TIMEOUT: PATIENCE,
            ldap.OPT_TIMEOUT: PATIENCE,
            ldap.OPT_REFERRALS: 0,
            ldap.OPT_X_TLS_REQUIRE_CERT: ldap.OPT_X_TLS_DEMAND,
            **_authority(ldap, f"{name}_CA"),
            ldap.OPT_X_TLS_NEWCTX: 0,  # last: it makes the ones above count
        },
    }


def _authority(ldap: Any, name: str) -> dict[int, str]:
    path: str = env.str(name, default="")
    if path and not Path(path).is_file():
        raise ImproperlyConfigured(f"{name} names {path}, which is no file. Name the certificate of the authority.")
    return {ldap.OPT_X_TLS_CACERTFILE: path} if path else {}
