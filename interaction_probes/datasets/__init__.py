"""Multimodal data of users: n aligned modalities, labels, a split; read, checked, described.

`load_dataset` in :mod:`.loading` reads every form there is; docs/own-data.md is the schema.

May import: common.
Must not know: methods, training, probes, runs.
"""
