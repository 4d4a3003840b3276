"""Who is told of what: an outbox written with what happened, mails and webhooks sent from it."""
