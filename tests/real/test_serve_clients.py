"""Clients that people have, unchanged: openai, ollama, huggingface_hub, LangChain, curl."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

from serving import Server

openai = pytest.importorskip("openai")
hub = pytest.importorskip("huggingface_hub")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("clients"), env={"TANDEM_API_KEY": "k-1"}) as server:
        yield server


def vectors_of(server, *texts, **more):
    reply = server.post(
        "/embed", {"inputs": list(texts), **more}, Authorization="Bearer k-1"
    )
    return reply.json


def same(a, b):
    return len(a) == len(b) and all(abs(x - y) < 1e-7 for x, y in zip(a, b))


def test_openai(server):
    client = openai.OpenAI(base_url=server.url + "/v1", api_key="k-1", max_retries=0)
    wanted = vectors_of(server, "a lane", "a queue", model="coderank")
    made = client.embeddings.create(model="coderank", input=["a lane", "a queue"])
    assert all(same(d.embedding, w) for d, w in zip(made.data, wanted, strict=True))
    assert made.usage.total_tokens > 4 and made.model == "bert-cls"
    floats = client.embeddings.create(model="gte", input="a lane", encoding_format="float")
    assert same(floats.data[0].embedding, vectors_of(server, "a lane")[0])
    cut = client.embeddings.create(model="gte", input="a lane", dimensions=8)
    assert same(cut.data[0].embedding, vectors_of(server, "a lane", dimensions=8)[0])
    assert {"gte", "coderank"} <= {m.id for m in client.models.list().data}
    assert client.models.retrieve("gte").id == "gte"
    with pytest.raises(openai.NotFoundError, match="is not here"):
        client.embeddings.create(model="text-embedding-3-small", input="a")
    with pytest.raises(openai.BadRequestError):
        client.embeddings.create(model="gte", input="")
    stranger = openai.OpenAI(base_url=server.url + "/v1", api_key="wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError):
        stranger.models.list()


def test_ollama(server):
    ollama = pytest.importorskip("ollama")
    client = ollama.Client(host=server.url, headers={"Authorization": "Bearer k-1"})
    wanted = vectors_of(server, "a lane", "a queue", model="coderank")
    made = client.embed(model="coderank", input=["a lane", "a queue"])
    assert all(same(a, b) for a, b in zip(made.embeddings, wanted, strict=True))
    assert made.prompt_eval_count > 4
    cut = client.embed(model="gte", input="a lane", dimensions=8)
    assert same(cut.embeddings[0], vectors_of(server, "a lane", dimensions=8)[0])
    assert {m.model for m in client.list().models} == {"bert", "bert-cls"}
    for model, status in (("nomic-embed-text", 404), ("gte", 401)):
        stranger = client if status == 404 else ollama.Client(host=server.url)
        with pytest.raises(ollama.ResponseError) as told:
            stranger.embed(model=model, input="a")
        assert told.value.status_code == status


def test_huggingface_hub(server):
    client = hub.InferenceClient(model=server.url + "/embed", token="k-1")
    made = client.feature_extraction("a lane")
    assert same([float(v) for v in made[0]], vectors_of(server, "a lane")[0])
    likes = hub.InferenceClient(model=server.url + "/similarity", token="k-1")
    near = likes.sentence_similarity("a lane", ["a lane", "a queue"])
    assert abs(near[0] - 1) < 1e-5 and near[1] < near[0]


def test_langchain_openai(server):
    langchain = pytest.importorskip("langchain_openai")
    # Otherwise it sends ids of OpenAI's vocabulary, which is not the model's.
    model = langchain.OpenAIEmbeddings(
        base_url=server.url + "/v1", api_key="k-1", model="coderank",
        check_embedding_ctx_length=False, max_retries=0,
    )
    wanted = vectors_of(server, "a lane", "a queue", model="coderank")
    made = model.embed_documents(["a lane", "a queue"])
    assert all(same(a, b) for a, b in zip(made, wanted, strict=True))
    assert same(model.embed_query("a lane"), wanted[0])


# In a process of its own, with the huggingface_hub that it was made for.
LANGCHAIN = pathlib.Path(sys.prefix) / "langchain"
EMBED_WITH_LANGCHAIN = """
import asyncio, json, sys
from langchain_huggingface import HuggingFaceEndpointEmbeddings
model = HuggingFaceEndpointEmbeddings(model=sys.argv[1], huggingfacehub_api_token="k-1")
texts = ["a lane", "a\\nqueue"]
made = [model.embed_documents(texts), asyncio.run(model.aembed_documents(texts))]
print(json.dumps([*made, [model.embed_query(texts[0])]]))
stranger = HuggingFaceEndpointEmbeddings(model=sys.argv[1], huggingfacehub_api_token="wrong")
try:
    stranger.embed_query("a lane")
except Exception as error:
    print(error)
"""


def test_langchain_with_text_embeddings_inference(server):
    if not LANGCHAIN.is_dir():
        pytest.skip("no langchain-huggingface: scripts/test makes .cache/venv with it")
    done = subprocess.run(
        [sys.executable, "-c", EMBED_WITH_LANGCHAIN, server.url + "/embed"],
        env={**os.environ, "PYTHONPATH": str(LANGCHAIN)},
        capture_output=True, text=True, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    made, error = done.stdout.split("\n", 1)
    wanted = vectors_of(server, "a lane", "a queue")
    for of_call, texts in zip(json.loads(made), (wanted, wanted, wanted[:1]), strict=True):
        assert all(same(a, b) for a, b in zip(of_call, texts, strict=True))
    assert "401" in error


def test_curl(server):
    done = subprocess.run(
        ["curl", "-sS", "-H", "Authorization: Bearer k-1", server.url + "/embed",
         "-d", '{"inputs": "a lane"}'],
        capture_output=True, timeout=60,
    )
    assert done.stderr == b"" and json.loads(done.stdout) == vectors_of(server, "a lane")
