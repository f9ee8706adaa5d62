"""Fresh certificates, self-signed or signed by an authority, and servers that show them."""

from __future__ import annotations

import ipaddress
import shutil
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.helpers.scripted import ScriptedServer

_CONFIG = """[req]
prompt = no
distinguished_name = name
x509_extensions = more
[name]
CN = Postflight test {first}
{organisation}
[more]
subjectAltName = {names}
basicConstraints = critical,CA:TRUE
keyUsage = critical,digitalSignature,keyCertSign
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
"""


@dataclass(frozen=True)
class Certificate:
    """Two PEM files."""

    file: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file, self.key)
        return context

    def secure(self, server: ScriptedServer, context: ssl.SSLContext | None = None) -> None:
        """The server speaks TLS from now on; call it before the first request."""
        plain, context = server._server.socket, context or self.server_context()
        server._server.socket = context.wrap_socket(plain, server_side=True)
        # Clients that hang up in the handshake are what is tested.
        server._server.handle_error = lambda request, client_address: None
        server.url = server.url.replace("http:", "https:")


def make_certificate(
    folder: Path,
    *names: str,
    signer: Certificate | None = None,
    organisation: str = "",
) -> Certificate:
    """For these host names and addresses, good for two days; skips the test without openssl.

    Signed by itself or by `signer`. `organisation` is its owner's.
    """
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs the openssl program to make a certificate")
    config = folder / "req.cnf"
    owner = f"O = {organisation}" if organisation else ""
    more = ",".join(map(_named, names))
    config.write_text(
        _CONFIG.format(first=names[0], organisation=owner, names=more), encoding="utf-8"
    )
    made = Certificate(folder / "cert.pem", folder / "key.pem")
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256", "-days", "2"]
    command += ["-utf8"]
    if signer is not None:
        command += ["-CA", str(signer.file), "-CAkey", str(signer.key)]
    files = ["-config", str(config), "-keyout", str(made.key), "-out", str(made.file)]
    subprocess.run(command + files, check=True, capture_output=True)
    return made


def _named(name: str) -> str:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return f"DNS:{name}"
    return f"IP:{name}"
