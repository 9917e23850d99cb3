"""The OpenAPI document has every route, and no other."""

import re

from conftest import SOURCE
from serving import Server


def test_every_route_is_described(tmp_path):
    source = (SOURCE / "apps" / "tandem" / "serve" / "routes.c").read_text()
    routes = set(re.findall(r'\{"([A-Z]+)", "([^"]+)",', source))
    with Server(tmp_path) as server:
        described = {
            (method.upper(), re.sub(r"\{\w+\}", "{}", path))
            for path, methods in server.get("/openapi.json").json["paths"].items()
            for method in methods
        }
    assert described == routes
