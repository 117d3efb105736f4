"""The committed studies, and measurements on finished runs."""
