"""python -m pictrace"""

import sys

from pictrace.cli import main as run
from pictrace.images.complaints import caught

__all__ = ["main"]


def main() -> int:
    """One command, as from a shell: stderr is ours alone."""
    with caught():
        return run()


if __name__ == "__main__":
    sys.exit(main())
