"""``python -m interaction_probes.check-data FILE``: `check_data` by its other spelling."""

from .check_data import main

if __name__ == "__main__":
    main()
