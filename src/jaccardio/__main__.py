"""``python -m jaccardio`` is ``jaccardio``."""

from jaccardio.cli.app import main

if __name__ == "__main__":
    main()
