"""A trained model: networks, card and segmentation, in a file.

The modules in reading order: `container`, `model`.
"""
