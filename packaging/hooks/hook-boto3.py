"""As hook-botocore.py; of what boto3 adds, only the transfer to storages is used, and no data."""

from PyInstaller.utils.hooks import collect_submodules  # pyright: ignore

hiddenimports = collect_submodules("boto3.s3")
