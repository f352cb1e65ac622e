"""Parsing many files into a folder, by one process or many, which may be killed and started again.

The modules in reading order:

- `plan`: which files are read, and what the output of each is called
- `claims`: who is at which output, known to all who share the folder
- `manifest`: what made each output
- `parse_folder`: file by file, what is not done yet
"""
