"""What scores are worth by chance, from simulated codes alone."""
