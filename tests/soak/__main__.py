"""`script/soak`: fault tests one after the other in one table, or one of the programs that load, race and besiege."""

import sys

from tests.soak import big, command, guesses, mixed, races, refused, smuggling

PROGRAMS = {
    "big": big.main,
    "guesses": guesses.main,
    "mixed": mixed.main,
    "races": races.main,
    "refused": refused.main,
    "smuggling": smuggling.main,
}

if sys.argv[1:] and sys.argv[1] in PROGRAMS:
    name = sys.argv.pop(1)
    sys.argv[0] = f"script/soak {name}"
    sys.exit(PROGRAMS[name]())
sys.exit(command.main())
