"""The trials that chose each method's settings in the quick preset."""
