"""In the place of lightly where it is not installed: what a page of the documentation calls."""
