"""Who we are and what we may: users, roles, API tokens."""
