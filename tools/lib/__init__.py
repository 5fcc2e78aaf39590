# SPDX-License-Identifier: MIT
"""What the programs in tools/ and tests/ share."""
