"""The command line.

The modules in reading order: `views`, `main`.
"""
