"""The command ``bbsim``, also as ``python -m bbsim``."""

import sys


def main() -> int:
    """Run the command line; who interrupts while it is still being loaded sees no traceback either."""
    try:
        from bbsim.cli import main as run

        return run()
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
