"""Real data: handwritten digits in two halves and in six views."""
