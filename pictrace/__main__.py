"""python -m pictrace"""

import sys

from pictrace.cli import main

sys.exit(main())
