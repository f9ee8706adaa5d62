"""Takes the place of PyInstaller's own, which looks through the descriptions of 400 services."""

import gzip
from importlib.util import find_spec
from pathlib import Path

from PyInstaller.config import CONF  # pyright: ignore

_SERVICE = "s3"  # the program speaks to storages only
_EXAMPLES = "examples-"  # for documentation
_ENDPOINTS = "endpoints.json"

_found = find_spec("botocore")
_package = Path(str(_found and _found.origin)).parent
_data = _package / "data"
# More than a megabyte of text; botocore reads it compressed as well.
_squeezed = Path(str(CONF["workpath"])) / f"{_ENDPOINTS}.gz"
_squeezed.write_bytes(gzip.compress((_data / _ENDPOINTS).read_bytes(), mtime=0))
# Not cacert.pem: botocore takes certifi's, where that can be imported.
_files = [
    *(path for path in sorted(_data.glob("*.json")) if path.name != _ENDPOINTS),
    *(path for path in sorted(_data.glob(f"{_SERVICE}/*/*")) if _EXAMPLES not in path.name),
]

hiddenimports = ["html.parser", "certifi"]
datas = [
    (str(_squeezed), "botocore/data"),
    *((str(path), str(path.parent.relative_to(_package.parent))) for path in _files),
]
