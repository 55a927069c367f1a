"""``python -m bbsim`` is ``bbsim``."""

import sys

from bbsim.cli import main

if __name__ == "__main__":
    sys.exit(main())
