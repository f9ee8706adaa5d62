"""Huawei's own client, run in a process and a home of its own (contracts: metastudio 7.3).

Reads the cloud's address and keys as JSON from standard input, writes what it was answered.
"""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from typing import Any

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkmetastudio.v1 import (
    ConfirmFileUploadRequest,
    ConfirmFileUploadRequestBody,
    CreateDigitalAssetRequest,
    CreateDigitalAssetRequestBody,
    CreateFileRequest,
    CreateLargeFileRequest,
    DeleteAssetRequest,
    DeleteFileRequest,
    FilesCreateReq,
    LargeFilesCreateReq,
    ListAssetsRequest,
    MetaStudioClient,
    ShowAssetRequest,
)

DATA = b"hello metastudio"


def client_of(told: dict[str, str], secret: str) -> Any:
    credentials = BasicCredentials(told["access_key"], secret, told["project"])
    builder = MetaStudioClient.new_builder().with_credentials(credentials)
    return builder.with_endpoint(told["url"]).build()


def asset_of(client: Any, kind: str) -> str:
    body = CreateDigitalAssetRequestBody(asset_name="Flight \u00e4\u98de", asset_type=kind)
    return client.create_digital_asset(CreateDigitalAssetRequest(body=body)).asset_id


def file_of(client: Any, asset: str) -> Any:
    body = FilesCreateReq(
        file_name="demo.png",
        file_md5=base64.b64encode(hashlib.md5(DATA).digest()).decode(),
        file_size=len(DATA),
        file_type="png",
        asset_id=asset,
        asset_file_category="MAIN",
    )
    return client.create_file(CreateFileRequest(x_app_user_id="user-1", body=body))


def confirm(client: Any, file_id: str) -> Any:
    body = ConfirmFileUploadRequestBody(state="CANCELLED")
    return client.confirm_file_upload(ConfirmFileUploadRequest(file_id=file_id, body=body))


def failure(act: Any, *args: Any) -> list[Any]:
    try:
        act(*args)
    except ClientRequestException as error:
        return [error.status_code, error.error_code, bool(error.request_id)]
    return []


def main() -> None:
    told = json.load(sys.stdin)
    client = client_of(told, told["secret"])
    asset = asset_of(client, "IMAGE")
    file = file_of(client, asset)
    second = failure(file_of, client, asset)
    confirmed = confirm(client, file.file_id)
    shown = client.show_asset(ShowAssetRequest(asset_id=asset))
    listed = client.list_assets(
        ListAssetsRequest(asset_id=[asset, "other"], asset_state="CREATING,ACTIVED", limit=5)
    )
    video = asset_of(client, "VIDEO")
    large = client.create_large_file(
        CreateLargeFileRequest(
            body=LargeFilesCreateReq(
                file_name="b.mp4",
                file_type="mp4",
                asset_id=video,
                asset_file_category="MAIN",
                file_size=6442450944 // 2,
                file_multipart_count=2,
            )
        )
    )
    client.delete_file(DeleteFileRequest(file_id=file.file_id))
    client.delete_asset(DeleteAssetRequest(asset_id=asset, mode="force"))
    answers = {
        "created": [file.status_code, bool(file.x_request_id), file.upload_url],
        "second": second,
        "confirmed": confirmed.status_code,
        "shown": [shown.asset_name, shown.asset_state, shown.files[0].state],
        "listed": [listed.count, listed.assets[0].asset_id == asset],
        "large": len(large.upload_urls),
        "gone": failure(client.show_asset, ShowAssetRequest(asset_id=asset)),
        "wrong secret": failure(asset_of, client_of(told, "wrong"), "IMAGE"),
    }
    json.dump(answers, sys.stdout)


main()
