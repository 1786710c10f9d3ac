"""`python -m scaffolder` is the command `scaffolder`."""

import sys

from scaffolder.cli import main

sys.exit(main())
