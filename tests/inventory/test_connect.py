"""From a host row to a target: trusted keys only, jump hosts too, the credential opened."""

import pytest

from inventory.connect import note_strange_key, target_for
from inventory.credentials import credential_create, credential_generate
from inventory.models import Host
from inventory.services import host_key_offer, host_key_revoke, host_key_trust
from inventory.states import HostTrust
from ssh.session import HostKeyChanged, HostKeyUnknown, SessionError
from tests.inventory.conftest import a_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def ready(app02, admin):
    """Makes a host ready to connect to; gives its trusted key."""

    def make(host=app02, kind="ed25519"):
        key = a_key(kind)
        host_key_trust(host_key_offer(host, key), key.fingerprint(), by=admin)
        if host.credential is None:
            host.credential = credential_generate(host.name, by=admin)
            host.save()
        return key

    return make


def test_a_target_has_the_trusted_keys_and_the_secret(app02, ready):
    keys = {ready(), ready(kind="ecdsa")}
    target = target_for(app02)
    assert set(target.host_keys) == keys
    assert target.key_text.value.startswith("-----BEGIN OPENSSH") and target.password is None
    assert (target.name, target.address, target.port, target.user) == ("app02", "192.0.2.7", 22, "regroup")


def test_the_secret_shows_in_no_repr(app02, ready):
    ready()
    assert "OPENSSH" not in repr(target_for(app02))


def test_a_password_goes_as_a_password(app02, ready, admin):
    app02.credential = credential_create("pw", "password", secret="horse", by=admin)
    ready()
    target = target_for(app02)
    assert target.password.value == "horse" and target.key_text is None


def test_an_agent_and_a_file_have_their_own_ways(app02, ready, admin):
    app02.credential = credential_create("agent", "agent", by=admin)
    ready()
    assert target_for(app02).use_agent
    app02.credential = credential_create("file", "file", key_file="/etc/regroup/id", by=admin)
    assert target_for(app02).key_file == "/etc/regroup/id"


def test_without_a_trusted_key_there_is_no_target(app02):
    host_key_offer(app02, a_key())
    with pytest.raises(HostKeyUnknown, match="no trusted host key yet"):
        target_for(app02)


def test_a_changed_key_stops_everything(app02, ready):
    ready()
    host_key_offer(app02, a_key())
    with pytest.raises(HostKeyChanged, match="stands still"):
        target_for(app02)


def test_after_revoking_the_only_key_there_is_no_target(app02, ready, admin):
    ready()
    host_key_revoke(app02.keys.get(), by=admin)
    with pytest.raises(HostKeyUnknown):
        target_for(app02)


def test_without_a_credential_there_is_a_sentence(app02, ready, admin):
    ready()
    app02.credential = None
    with pytest.raises(SessionError, match="has no credential"):
        target_for(app02)


def test_a_lost_key_list_gives_a_sentence(app02, ready, settings, tmp_path):
    ready()
    settings.CREDENTIAL_KEYS = str(tmp_path / "another")
    with pytest.raises(SessionError, match="Put that line back"):
        target_for(app02)


def test_a_jump_host_must_be_trusted_as_well(app02, ready):
    ready()
    app02.jump = Host.objects.create(name="bastion", address="192.0.2.1")
    with pytest.raises(HostKeyUnknown, match="bastion"):
        target_for(app02)
    bastion_key = ready(app02.jump)
    assert target_for(app02).jump.host_keys == (bastion_key,)


def test_hosts_that_jump_through_one_another_end_with_a_sentence(app02, ready):
    bastion = Host.objects.create(name="bastion", address="192.0.2.1", jump=app02)
    app02.jump = bastion
    app02.save()
    for host in (app02, bastion):
        ready(host)
    with pytest.raises(SessionError, match="through itself"):
        target_for(Host.objects.get(name="app02"))


def test_a_strange_key_is_written_down_for_a_person(app02, ready):
    ready()
    key = a_key()
    error = HostKeyChanged("…", algorithm=key.algorithm, key=key.key_base64, fingerprint=key.fingerprint())
    row = note_strange_key(app02, error)
    assert row.source == "connection" and app02.trust is HostTrust.CHANGED


def test_a_key_of_a_form_we_do_not_take_is_not_written_down(app02):
    error = HostKeyChanged("…", algorithm="ssh-dss", key="AAAA", fingerprint="")
    assert note_strange_key(app02, error) is None and app02.trust is HostTrust.NONE
