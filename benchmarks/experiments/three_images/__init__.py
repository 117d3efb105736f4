"""Three images: the study, the trials on vectors, and what the losses themselves know."""
