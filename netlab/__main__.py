"""``python -m netlab``: the same as the ``netlab`` command."""

import sys

from netlab.cli import main

sys.exit(main())
