"""How long the toolkit takes, and how much memory: scripts, and what they share."""
