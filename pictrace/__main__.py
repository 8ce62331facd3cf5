"""python -m pictrace"""

import sys

__all__ = ["main"]


def main() -> int:
    """One command, as from a shell: stderr is ours alone."""
    try:
        # Not above, as somebody may press Ctrl+C by then.
        from pictrace.cli import main as run
        from pictrace.images.complaints import caught

        with caught():
            return run()
    except KeyboardInterrupt:
        sys.stderr.write("pictrace: stopped.\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
