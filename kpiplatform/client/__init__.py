"""The platform's client: imports with httpx alone."""

from kpiplatform.client.client import Client
from kpiplatform.client.errors import ClientError

__all__ = ["Client", "ClientError"]
