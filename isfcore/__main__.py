"""`python -m isfcore` is `isf`."""

from isfcore.cli.main import main

if __name__ == "__main__":
    main(prog_name="isf")
