"""The version of this package: that of the portal it comes with (config/version.py)."""

VERSION = "1.0.0"
