"""Using a model: the arc-standard loop, many sentences at once, files.

The modules in reading order: `decoding`, `form_cache`, `predictor`, `pool`, `parser`, `parse_files`, `parse_text`.
"""
