"""obstore and boto3 as a programmer would use them; run in an environment of their own."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


def with_obstore(url: str, files: list[Path], root: Path, workers: int) -> None:
    from obstore.store import S3Store  # pyright: ignore[reportMissingImports]

    authority = os.environ.get("SSL_CERT_FILE")
    options: dict[str, Any] = {"allow_http": True}
    if authority:
        options["root_certificate"] = [Path(authority).read_bytes()]
    store = S3Store("media", endpoint=url, client_options=options)

    def one(path: Path) -> None:
        store.put(str(path.relative_to(root)), path, chunk_size=64 * 1024 * 1024, max_concurrency=8)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, files))


def with_boto3(url: str, files: list[Path], root: Path, workers: int) -> None:
    import boto3
    import botocore.config

    config = botocore.config.Config(max_pool_connections=workers, s3={"addressing_style": "path"})
    client: Any = boto3.client("s3", endpoint_url=url, config=config)

    def one(path: Path) -> None:
        client.upload_file(str(path), "media", str(path.relative_to(root)))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, files))


def main() -> None:
    library, url, folder, workers = sys.argv[1:5]
    root = Path(folder)
    files = sorted(path for path in root.rglob("*") if path.is_file())
    send = {"obstore": with_obstore, "boto3": with_boto3}[library]
    send(url, files, root, int(workers))


if __name__ == "__main__":
    main()
