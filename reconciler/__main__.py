"""`python -m reconciler` is `gitway`."""

from reconciler.cli.main import main

if __name__ == "__main__":
    main()
