"""Runs first in both programs of Windows and says where their modules are.

PyInstaller puts the archive of all modules into each program, and its bootloader says at which byte
it begins. Ours are two programs with the same modules: the archive lies beside them, once.
"""

import sys

sys._pyinstaller_pyz = f"{sys._MEIPASS}\\modules.pyz"  # pyright: ignore[reportAttributeAccessIssue]
