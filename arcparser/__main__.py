"""`python -m arcparser`: the command line."""

import sys

from arcparser.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
