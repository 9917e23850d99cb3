"""What a document of JSON Schema can't say of a request, for schemathesis.

The models under test know 2000 ids and have vectors of 64 values. Larger numbers are taken modulo
these: what is valid stays so, and what is not as well. jansson takes no NUL in a member's name.
"""

import schemathesis

IDS, DIM = 2000, 64


def within(value, most):
    if isinstance(value, list):
        return [within(v, most) for v in value]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1:
        return value
    return value if value < most else int(value) % most


@schemathesis.hook
def map_body(context, body):
    if not isinstance(body, dict):
        return body
    body = dict(body)
    for name in ("inputs", "input", "ids"):
        if isinstance(body.get(name), (list, int, float)):
            body[name] = within(body[name], IDS)
    dimensions = body.get("dimensions")
    if not isinstance(dimensions, list) and within(dimensions, DIM + 1) != dimensions:
        body["dimensions"] = 1 + int(dimensions) % DIM
    return body


def has_no_nul(value):
    if isinstance(value, dict):
        return all("\0" not in k and has_no_nul(v) for k, v in value.items())
    return all(map(has_no_nul, value)) if isinstance(value, list) else True


@schemathesis.hook
def filter_body(context, body):
    return has_no_nul(body)
