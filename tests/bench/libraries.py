"""obstore and boto3 as a programmer would use them; run in an environment of their own."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


def with_obstore(url: str, files: dict[str, Path], workers: int) -> None:
    from obstore.store import S3Store  # pyright: ignore[reportMissingImports]

    # It takes no authority from a file; what it costs to encrypt is the same.
    options = {"allow_http": True, "allow_invalid_certificates": True}
    store = S3Store("media", endpoint=url, client_options=options)

    def one(key: str) -> None:
        store.put(key, files[key], chunk_size=64 * 1024 * 1024, max_concurrency=8)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, sorted(files)))


def with_boto3(url: str, files: dict[str, Path], workers: int) -> None:
    import boto3
    import botocore.config

    config = botocore.config.Config(max_pool_connections=workers, s3={"addressing_style": "path"})
    client: Any = boto3.client("s3", endpoint_url=url, config=config)

    def one(key: str) -> None:
        client.upload_file(str(files[key]), "media", key)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(one, sorted(files)))


def main() -> None:
    library, url, folder, into, workers = sys.argv[1:6]
    root = Path(folder)
    paths = [path for path in root.rglob("*") if path.is_file()]
    files = {f"{into}/{path.relative_to(root).as_posix()}": path for path in paths}
    send = {"obstore": with_obstore, "boto3": with_boto3}[library]
    send(url, files, int(workers))


if __name__ == "__main__":
    main()
