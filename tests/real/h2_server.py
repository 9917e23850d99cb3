"""A server of embeddings in TEI's form that speaks HTTP/2, for hypercorn; it tells on standard
output in which version it was asked."""

import json

from servers import vector

MODEL = "h2-model"


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    print(scope["method"], scope["path"], scope["http_version"], flush=True)
    answer = {"model_id": MODEL, "model_sha": "1", "max_client_batch_size": 8}
    if scope["path"] == "/embed":
        answer = [vector(MODEL, text) for text in json.loads(body)["inputs"]]
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})
