"""Template tags: `{% load regroup %}`."""
