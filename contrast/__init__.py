"""What every method shares: encoders, heads, losses, views, the Method protocol, ranks.

May import: common.
Must not know: data, methods by name.
"""
