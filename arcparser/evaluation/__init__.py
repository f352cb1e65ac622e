"""Measuring a parser.

The modules in reading order: `scores`, `alignment`, `columns`, `conll18`, `evaluate`, `confusions`, `error_analysis`.
"""
