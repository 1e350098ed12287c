"""The fault tests of `script/soak`."""

import sys

from tests.soak.command import main

sys.exit(main())
