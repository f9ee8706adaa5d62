"""Takes the place of PyInstaller's own, which looks through the descriptions of 400 services."""

from importlib.util import find_spec
from pathlib import Path

_SERVICES = ("s3",)  # the program speaks to storages only

_found = find_spec("botocore")
_package = Path(str(_found and _found.origin)).parent
hiddenimports = ["html.parser"]
datas = [
    (str(_package / "cacert.pem"), "botocore"),
    (str(_package / "data" / "*.json"), "botocore/data"),
    *((str(_package / "data" / name), f"botocore/data/{name}") for name in _SERVICES),
]
