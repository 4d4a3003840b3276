"""Django settings. Everything a site may change comes from the environment; see docs/settings.md."""

from __future__ import annotations

import logging
import sys

from config.environment import (
    BASE,
    anchor_place,
    broker,
    database,
    env,
    group_roles,
    mail_settings,
    networks,
    number,
    oidc_provider,
    one_of,
    own_url,
    password_of,
    price,
    secret_key,
    state_dir,
    switch,
    token,
    words_among,
)
from config.failpoint import parse_failpoint
from config.ldap import ldap_settings
from config.log import logging_of
from people.roles import Role

STATE_DIR = state_dir()
SECRET_KEY = secret_key(STATE_DIR)
DEBUG = switch("REGROUP_DEBUG", False)
TESTING = "pytest" in sys.modules

PORT = number("REGROUP_PORT", 8420, least=1, most=65535)
ALLOWED_HOSTS = env.list("REGROUP_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("REGROUP_ORIGINS", default=[])
HTTPS = switch("REGROUP_HTTPS", False)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "ninja",
    "people",
    "audit",
    "inventory",
    "changes",
    "execution",
    "notices",
    "recovery",
    "networking",
    "readiness",
    "pages",
    "api",
    "config",
]

MIDDLEWARE = [
    "config.log_requests.change_in_log",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "pages.context.shell",
            ],
            "builtins": ["pages.templatetags.regroup"],
        },
    }
]

DATABASES = {"default": database(STATE_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # of accounts made before; written anew when they sign in
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend", "people.backends.ByDirectory"]
LDAP = ldap_settings("REGROUP_LDAP")
globals().update(LDAP)
AUTHENTICATION_BACKENDS += ["people.by_ldap.ByLdap"] if LDAP else []
GROUP_ROLES = group_roles("REGROUP_GROUP_ROLES")
"""Group of a directory → roles, for whoever signs in through it."""
OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET = oidc_provider("REGROUP_OIDC")
OIDC_NAME = env.str("REGROUP_OIDC_NAME", default="single sign-on")
OIDC_GROUPS_CLAIM = env.str("REGROUP_OIDC_GROUPS", default="groups")
SECOND_FACTOR_ROLES = words_among("REGROUP_SECOND_FACTOR_ROLES", Role)
"""Whoever has one of these roles approves, runs, trusts and administers with a second factor or not at all."""
STEP_UP_MINUTES = number("REGROUP_STEP_UP_MINUTES", 5, least=1, most=60)
"""How long a second factor counts as fresh."""

LANGUAGE_CODE = "en"
TIME_ZONE = env.str("REGROUP_TIME_ZONE", default="UTC")
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = STATE_DIR / "static"
STATICFILES_DIRS = [BASE / "static"]
WHITENOISE_USE_FINDERS = True
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

NOTHING = "'none'"
SELF = "'self'"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NOTHING],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NOTHING],
        "frame-ancestors": [NOTHING],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_ENGINE = "people.session_store"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS and not TESTING
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SILENCED_SYSTEM_CHECKS = ["security.W021"]
"""HSTS preload: for whoever owns the whole domain, browsers ask there and not here."""
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

BROKER_URL, BROKER_OPTIONS = broker(STATE_DIR)

CREDENTIAL_KEYS = env.str("REGROUP_CREDENTIAL_KEYS", default=str(STATE_DIR / "credential_keys"))
"""File with the keys that encrypt stored SSH keys and passwords: one `id:base64` a line, newest first."""

EVIDENCE_KEYS = env.str("REGROUP_EVIDENCE_KEYS", default=str(STATE_DIR / "evidence_keys"))
"""File with the keys that sign evidence: one `id:base64` a line, newest first."""

AUDIT_ANCHOR = anchor_place(STATE_DIR)
"""Where the end of the audit's chain is written down once a minute: a file, or `syslog:` and a socket."""

HOST_ROOT = "/var/lib/regroup"
"""Where runs keep their steps on a host."""

ATTACH_COMMAND = env.str("REGROUP_ATTACH_COMMAND", default="")
"""A site's own way to attach an old disk: words with {host} and {vm}; empty means a person does it."""
DETACH_COMMAND = env.str("REGROUP_DETACH_COMMAND", default="")

FAILPOINT = parse_failpoint(env.str("REGROUP_FAILPOINT", default=""), debug=DEBUG)
"""Where a test has a worker die; never set where anybody depends on Regroup."""

LEASE_SECONDS = number("REGROUP_LEASE", 25, least=3, most=600)
HEARTBEAT_SECONDS = number("REGROUP_HEARTBEAT", 5, least=1, most=60)
LOG_DAYS = number("REGROUP_LOG_DAYS", 0, least=0, most=36_500)
LOG_STEP_LINES = number("REGROUP_LOG_STEP_LINES", 0, least=0, most=1_000_000_000)
SWEEP_SECONDS = number("REGROUP_SWEEP", 10, least=1, most=60)

FLEET_SECONDS = number("REGROUP_FLEET", 120, least=10, most=86_400)
"""How often each host's bonds are looked at."""
FLEET_STALE_SECONDS = number("REGROUP_FLEET_STALE", 900, least=60, most=604_800)
FLEET_CONNECTIONS = number("REGROUP_FLEET_CONNECTIONS", 32, least=1, most=256)
FLEET_PER_JUMP = number("REGROUP_FLEET_PER_JUMP", 8, least=1, most=256)
FLEET_KEPT = number("REGROUP_FLEET_KEPT", 2_000, least=0, most=20_000)
FLEET_PATIENCE = number("REGROUP_FLEET_PATIENCE", 5, least=1, most=60)
READINESS_SECONDS = number("REGROUP_READINESS", 86_400, least=600, most=2_592_000)
"""How often each host is asked whether it would come back from a reboot."""
READINESS_HANDS = number("REGROUP_READINESS_CONNECTIONS", 4, least=1, most=64)
PORT_PRICE, PORT_CURRENCY = price("REGROUP_PORT_PRICE")
"""What a 10 Gb/s port of a switch costs, for the page of ports that idle."""

CONFIRM_DAYS = number("REGROUP_CONFIRM_DAYS", 180, least=1, most=3_650)
"""How often an owner is asked whether a machine is still theirs, and how long the answer holds."""
OWN_URL = own_url("REGROUP_URL", (CSRF_TRUSTED_ORIGINS or [f"http://127.0.0.1:{PORT}"])[0])
"""Where people reach the dashboard; stands in the links of mails."""
MAIL = mail_settings("REGROUP_EMAIL_URL")
MAIL_READY = bool(MAIL)
"""Whether there is a mail server; without one nobody is asked, and the page of unowned machines says so."""
globals().update(MAIL or {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"})
DIGEST_HOUR = number("REGROUP_DIGEST_HOUR", 7, least=0, most=23)
"""From which hour on, in TIME_ZONE, the daily digests are sent."""
WEBHOOK_NETS = networks("REGROUP_WEBHOOK_NETS")
"""Networks inside that webhooks may go to; without any they go to the public internet alone."""
DEFAULT_FROM_EMAIL = env.str("REGROUP_EMAIL_FROM", default="regroup@localhost")

METRICS_TOKEN = token("REGROUP_METRICS_TOKEN")
"""Whoever sends it as a bearer token may read /metrics; empty: nobody may."""

LOG = one_of("REGROUP_LOG", "text", "json")
logging.captureWarnings(LOG == "json")  # else Python writes them itself, and not as JSON
LOGGING = logging_of(
    LOG,
    secrets=(
        SECRET_KEY,
        METRICS_TOKEN,
        OIDC_CLIENT_SECRET,
        str(LDAP.get("AUTH_LDAP_BIND_PASSWORD", "")),
        str(DATABASES["default"].get("PASSWORD") or ""),
        password_of(BROKER_URL),
        MAIL.get("EMAIL_HOST_PASSWORD") or "",
    ),
)
