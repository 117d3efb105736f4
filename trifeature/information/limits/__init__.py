"""What scores that see less than a task needs can reach: of one image, of two at once.

May import: trifeature.samples, trifeature.images.
Must not know: probabilities of what is drawn, files.
"""
