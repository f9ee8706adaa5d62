"""The settings of a MetaStudio connection; imports nothing that speaks to it."""

from __future__ import annotations

from typing import Final

from app.services.base import Field

FIELDS: Final = (
    Field(
        "project-id",
        "Project id",
        "the project's id from My Credentials in the Huawei Cloud console",
        required=True,
    ),
    Field(
        "access-key",
        "Access key (AK)",
        "signs in with an access key; the secret is then its secret key (SK)",
    ),
    Field(
        "username",
        "IAM user",
        "signs in as an IAM user; the secret is then the user's password",
    ),
    Field("domain", "Account", "the account (domain) name the IAM user belongs to"),
    Field(
        "iam-url",
        "IAM address",
        "where IAM users sign in, for example https://iam.cn-north-4.myhuaweicloud.com",
    ),
    Field(
        "region-project",
        "Project name",
        "the project's name, for example cn-north-4, if IAM shall go by it instead of the id",
        advanced=True,
    ),
    Field(
        "app-user-id",
        "Your user id",
        "shown with every asset; letters, digits and signs of ASCII only, no Chinese characters",
        advanced=True,
    ),
    Field(
        "auto-meta-analysis",
        "Read metadata",
        "asks MetaStudio to read the metadata of pictures, videos and sounds",
        choices=("yes", "no"),
    ),
)
