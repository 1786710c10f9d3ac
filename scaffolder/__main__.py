"""The program: `scaffolder`, or `python -m scaffolder`."""

import gc
import sys

gc.disable()  # a run is short: collecting would cost a tenth of it, most of that while importing

from scaffolder.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
