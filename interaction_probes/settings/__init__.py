"""What a run is to do: its configuration, presets, fields by name, the registry of methods.

May import: trifeature, contrast, common.
Must not know: how anything is trained, probed or stored.
"""
