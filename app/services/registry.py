"""The services Postflight knows."""

from __future__ import annotations

from app.domain.errors import UsageError
from app.services import cloud_api, flighthub2, metastudio
from app.services.base import ServiceSpec

SPECS: tuple[ServiceSpec, ...] = (flighthub2.SPEC, cloud_api.SPEC, metastudio.SPEC)


def spec_of(service: str) -> ServiceSpec:
    """The spec with this id; UsageError names the known ones."""
    for spec in SPECS:
        if spec.id == service:
            return spec
    known = ", ".join(spec.id for spec in SPECS)
    raise UsageError(f"There is no service {service!r}.", f"Postflight knows: {known}.")
