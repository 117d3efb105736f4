"""The benchmark as one object, and its ways out and in: npz, folders of PNG files, Parquet.

May import: information, samples, pairs, images, common.
Must not know: what is learnt.
"""
