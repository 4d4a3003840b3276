"""What was decided and done, by whom: append-only and chained by hash."""
