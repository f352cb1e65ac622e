"""Hold the version by itself, so that the build and `arcparser --version` read it without importing numpy."""

__version__ = "0.2.0.dev0"
