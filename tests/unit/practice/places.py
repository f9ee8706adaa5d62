"""A place in the storage with keys for it, and boto3 to try it with."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from app.practice.cloud import PracticeCloud
from tests.unit.practice.clients import CloudApi

BIG = bytes(range(256)) * 4096 * 6  # 6 MiB


class Place:
    """Granted keys and a client for them."""

    def __init__(self, cloud: PracticeCloud, **config: Any) -> None:
        self.api = CloudApi(cloud)
        self.grant = self.api.sts().data
        self.client = self.api.s3(self.grant, **config)
        self.bucket = self.grant["bucket"]

    def key(self, name: str) -> str:
        return f"{self.grant['object_key_prefix']}/{name}"

    def put(self, name: str = "a.jpg", data: bytes = b"data", **extra: Any) -> Any:
        where = {"Bucket": self.bucket, "Key": self.key(name)}
        return self.client.put_object(Body=data, **where, **extra)

    def begin(self, name: str = "a.jpg") -> dict[str, Any]:
        where = {"Bucket": self.bucket, "Key": self.key(name)}
        return {**where, "UploadId": self.client.create_multipart_upload(**where)["UploadId"]}

    def finish(self, upload: dict[str, Any], *etags: tuple[int, str]) -> Any:
        parts = [{"PartNumber": number, "ETag": etag} for number, etag in etags]
        return self.client.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


def refusal(act: Any, *args: Any, **named: Any) -> tuple[int, str]:
    with pytest.raises(ClientError) as caught:
        act(*args, **named)
    answer: Any = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]
