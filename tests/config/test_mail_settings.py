"""The mail server, the link's address and the period come from the environment; what is no good stops the start."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.environment import mail_settings, number, own_url


def test_a_mail_server_with_starttls(monkeypatch):
    monkeypatch.setenv("REGROUP_EMAIL_URL", "smtp+tls://olu:p%40ss@mail.example:587")
    found = mail_settings("REGROUP_EMAIL_URL")
    told = [found[f"EMAIL_{name}"] for name in ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS")]
    assert told == ["mail.example", 587, "olu", "p@ss", True]
    assert found["EMAIL_BACKEND"].endswith("smtp.EmailBackend") and found["EMAIL_TIMEOUT"] == 20


def test_none_is_none(monkeypatch):
    monkeypatch.delenv("REGROUP_EMAIL_URL", raising=False)
    assert mail_settings("REGROUP_EMAIL_URL") == {}


@pytest.mark.parametrize("url", ["mail.example", "http://mail.example", "smtp://", "smtp://mail:port", "filemail:///x"])
def test_what_is_no_mail_server_stops_the_start(monkeypatch, url):
    monkeypatch.setenv("REGROUP_EMAIL_URL", url)
    with pytest.raises(ImproperlyConfigured, match="REGROUP_EMAIL_URL must look like smtp"):
        mail_settings("REGROUP_EMAIL_URL")


@pytest.mark.parametrize(
    "url", ["regroup.example", "ftp://regroup.example", "https://", "https://regroup.example/path"]
)
def test_what_is_no_address_of_the_dashboard_stops_the_start(monkeypatch, url):
    monkeypatch.setenv("REGROUP_URL", url)
    with pytest.raises(ImproperlyConfigured, match="REGROUP_URL must look like https"):
        own_url("REGROUP_URL", "http://127.0.0.1")


@pytest.mark.parametrize("text", ["0", "-1", "3651", "half a year", "1.5"])
def test_a_period_that_is_none_stops_the_start(monkeypatch, text):
    monkeypatch.setenv("REGROUP_CONFIRM_DAYS", text)
    with pytest.raises(ImproperlyConfigured, match="REGROUP_CONFIRM_DAYS must be a whole number from 1 to 3650"):
        number("REGROUP_CONFIRM_DAYS", 180, least=1, most=3_650)
