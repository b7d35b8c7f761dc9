"""The API, asked what its own description allows and what it does not: nothing may make it fail."""

import multiprocessing
import os

import pytest

from tests.app import sounds
from tests.app.conftest import make_app

schemathesis = pytest.importorskip("schemathesis", reason="needs requirements-browser.txt")
hypothesis = pytest.importorskip("hypothesis", reason="comes with schemathesis")
st = pytest.importorskip("hypothesis.strategies")
pytestmark = pytest.mark.browser
N_EXAMPLES = int(os.environ.get("SER_FUZZ_EXAMPLES", "300"))  # about a minute
SEEDS = [
    *(sounds.audio(sounds.tone(1), format=format) for format in ("WAV", "MP3", "FLAC", "OGG")),
    *(make() for make, expected in sounds.HOSTILE.values() if expected != "longer than"),
]


@st.composite
def mutated(draw):
    """Draw audio with bytes changed, cut out or put in."""
    content = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, min(len(content), 200) if draw(st.booleans()) else len(content)))
        end = start + draw(st.integers(0, 64))
        content[start:end] = draw(st.binary(max_size=64))
    return bytes(content)


schemathesis.openapi.format("binary", mutated())


@hypothesis.given(content=mutated())
@hypothesis.settings(max_examples=N_EXAMPLES, deadline=None, suppress_health_check=[*hypothesis.HealthCheck])
def test_no_audio_makes_it_fail(client, content):
    reply = client.post("/api/predict", files={"file": ("a.wav", content)})
    assert reply.status_code in (200, 413, 422)
    assert multiprocessing.active_children() == []


@pytest.fixture(scope="module")
def api():
    return schemathesis.openapi.from_asgi("/openapi.json", make_app(sound_seconds=60))


schema = schemathesis.pytest.from_fixture("api")


@schema.parametrize()
@hypothesis.settings(max_examples=N_EXAMPLES, deadline=None, suppress_health_check=[*hypothesis.HealthCheck])
def test_nothing_makes_the_api_fail(case):
    case.call_and_validate(
        checks=[
            schemathesis.checks.not_a_server_error,
            schemathesis.checks.response_schema_conformance,
            schemathesis.checks.content_type_conformance,
        ]
    )
