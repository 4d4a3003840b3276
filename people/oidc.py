"""OpenID Connect: the code flow with state, nonce and PKCE. Authlib speaks it; here is what has to hold.

Signature by the provider's keys and an asymmetric algorithm, issuer, audience, nonce, time: each is checked for every
sign-in, and whoever does not get through reads a sentence.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any

from authlib.integrations.base_client import MismatchingStateError, OAuthError  # type: ignore[import-untyped]
from authlib.integrations.django_client import OAuth  # type: ignore[import-untyped]
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from joserfc.errors import JoseError
from requests import RequestException

from people.directory import SignInRefused, Vouched, person_vouched
from people.models import User

log = logging.getLogger(__name__)

ALGORITHMS = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"})
"""Neither `none` nor what is signed with a secret that two know."""

PATIENCE = 10
OUTAGE = "The sign-in provider does not answer, or not as it should. Local accounts can sign in meanwhile."
STALE = "This sign-in did not begin in this browser, or took too long. Begin again."


def begin(request: HttpRequest) -> HttpResponse:
    """Send the browser to the provider. Raises SignInRefused while that is away."""
    try:
        there: HttpResponse = _client().authorize_redirect(request, settings.OWN_URL + reverse("oidc_back"))
    except (RequestException, OAuthError, ValueError, RuntimeError) as error:
        raise _refused(OUTAGE, error) from None
    return there


def finish(request: HttpRequest) -> User:
    """Who came back. Raises SignInRefused."""
    try:
        client = _client()
        options = {
            "iss": {"essential": True, "values": [settings.OIDC_ISSUER]},
            "aud": {"essential": True, "value": settings.OIDC_CLIENT_ID},
        }
        claims = client.authorize_access_token(request, claims_options=options, leeway=60).get("userinfo")
    except MismatchingStateError as error:
        raise _refused(STALE, error) from None
    except OAuthError as error:
        raise _refused("The provider did not sign you in. Begin again, or ask whoever looks after it.", error) from None
    except RequestException as error:
        raise _refused(OUTAGE, error) from None
    except (JoseError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise _refused(
            "What the provider said of you does not hold: its signature, issuer, audience, nonce or time is wrong. "
            "Nobody was signed in. Begin again; if it stays so, tell an administrator.",
            error,
        ) from None
    if not claims:
        raise SignInRefused("The provider said nothing of who you are. It has to send an ID token.")
    user = person_vouched(vouched(claims))
    user.backend = "people.backends.ByDirectory"
    return user


def vouched(claims: dict[str, Any]) -> Vouched:
    """Raises SignInRefused where there is no name to go by."""
    names = (claims.get("preferred_username"), claims.get("email"))
    username = next((name for name in names if isinstance(name, str) and name), "")
    if not username:
        raise SignInRefused("The provider gave neither preferred_username nor email. It has to send one of them.")
    groups = claims.get(settings.OIDC_GROUPS_CLAIM)
    listed = [groups] if isinstance(groups, str) else groups if isinstance(groups, list) else []
    return Vouched(
        source=User.Source.OIDC,
        subject=str(claims["sub"])[:255],
        username=username,
        display_name=str(claims.get("name") or ""),
        email=str(claims.get("email") or ""),
        groups=frozenset(group for group in listed if isinstance(group, str)),
    )


def _client() -> Any:
    """Raises ValueError where the provider's own document names another issuer."""
    client = _made(settings.OIDC_ISSUER, settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET)
    told = client.load_server_metadata()
    if told.get("issuer") != settings.OIDC_ISSUER:
        raise ValueError(f"the provider calls itself {told.get('issuer')!r}")
    offered = ALGORITHMS.intersection(told.get("id_token_signing_alg_values_supported") or ["RS256"])
    told["id_token_signing_alg_values_supported"] = sorted(offered)
    return client


@lru_cache(maxsize=4)
def _made(issuer: str, client_id: str, secret: str) -> Any:
    return OAuth().register(
        "regroup",
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=f"{issuer.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid profile email", "code_challenge_method": "S256", "default_timeout": PATIENCE},
    )


def _refused(sentence: str, error: Exception) -> SignInRefused:
    """The reason goes to the log; it names claims and never holds a token."""
    log.warning("A sign-in by OpenID Connect was refused: %s: %s", type(error).__name__, str(error)[:300])
    return SignInRefused(sentence)
