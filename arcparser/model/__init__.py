"""A trained model: networks, card and segmentation, in a file.

The modules in reading order: `model` (networks, card and segmentation), `registry` (models by name), `container` (one
file of JSON and arrays), `model_file` (a model in such a file), `description` (a model for people to read).
"""
