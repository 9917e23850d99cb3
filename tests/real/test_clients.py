"""The servers of these tests pass for real ones with real clients: the forms are no invention."""

import huggingface_hub
import openai
import pytest
from servers import Server, vector


def test_the_openai_client_takes_our_server_for_one():
    with Server("openai", "some-model", key="sk-1") as server:
        client = openai.OpenAI(base_url=server.url + "/v1", api_key="sk-1", max_retries=0)
        for more in ({}, {"encoding_format": "float"}):  # by itself it asks for base64
            answer = client.embeddings.create(model="some-model", input=["one", "two"], **more)
            assert [d.index for d in answer.data] == [0, 1]
            for d, text in zip(answer.data, ("one", "two")):
                assert d.embedding == pytest.approx(vector("some-model", text), abs=1e-6)
            assert answer.model == "some-model" and answer.usage.prompt_tokens == 14
        assert [a["encoding_format"] for a in server.asked] == ["base64", "float"]
        assert [m.id for m in client.models.list()] == ["some-model"]
        with pytest.raises(openai.AuthenticationError):
            openai.OpenAI(base_url=server.url + "/v1", api_key="x", max_retries=0).models.list()


def test_the_huggingface_client_takes_our_server_for_one():
    with Server("tei", "some-model") as server:
        client = huggingface_hub.InferenceClient(server.url + "/embed")
        one = client.feature_extraction("one", normalize=True, truncate=True)
        assert one.shape == (1, server.dim)
        assert one[0].tolist() == pytest.approx(vector("some-model", "one"), abs=1e-6)


def test_a_text_of_a_real_client_and_of_tandem_get_one_vector(tandem):
    """What the openai client is given for a text is what tandem stores for it."""
    with Server("openai", "some-model") as server:
        client = openai.OpenAI(base_url=server.url + "/v1", api_key="-", max_retries=0)
        theirs = client.embeddings.create(model="some-model", input=["a text"]).data[0].embedding
        env = {"TANDEM_GTE": "", "GTE_URL": server.url + "/v1"}
        ours = tandem.lines("embed", "--model", "gte", stdin=b"a text\n", env=env)
        assert ours[0]["embedding"] == pytest.approx(theirs, abs=1e-6)
        kinds = {"input", "model", "encoding_format"}
        assert kinds <= set(server.asked[-1]) and set(server.asked[-1]) == set(server.asked[0])
