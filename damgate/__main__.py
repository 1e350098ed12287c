"""`python -m damgate` is the command `damgate`."""

import sys

from damgate.cli import main

if __name__ == "__main__":
    sys.exit(main())
