"""The API: answers, errors and headers."""

import io
import json

import pytest
import soundfile

from tests.app.conftest import RATE, tones


def wav(samples, rate=RATE, **settings):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format="WAV", **settings)
    return file.getvalue()


def post(client, content, name="a.wav", accept="*/*", **data):
    return client.post("/api/predict", files={"file": (name, content)}, data=data, headers={"Accept": accept})


def test_each_segment_has_its_class_and_silence_has_none(client):
    reply = post(client, wav(tones("happy", None, "sad", seconds=5)))
    assert reply.status_code == 200
    answer = reply.json()
    assert [(one["start"], one["end"], one["speech"]) for one in answer["segments"]] == [
        (0, 5, True),
        (5, 10, False),
        (10, 15, True),
    ]
    first, silent, last = answer["segments"]
    assert first["top"][0]["name"] == "happy"
    assert len(first["top"]) == 3
    assert sum(first["scores"].values()) == pytest.approx(1, abs=1e-4)
    assert (silent["scores"], silent["top"]) == (None, [])
    assert last["top"][0]["name"] == "sad"
    assert answer["answer"]["scores"]["happy"] == pytest.approx(0.5, abs=1e-3)


def test_the_answer_says_what_was_sent(client):
    answer = post(client, wav(tones("angry", seconds=1.5, rate=44_100), 44_100)).json()
    facts = {name: answer[name] for name in ("system", "seconds", "rate", "channels", "container", "window")}
    assert facts == {
        "system": "pitch",
        "seconds": 1.5,
        "rate": 44_100,
        "channels": 1,
        "container": "WAV",
        "window": 5,
    }
    assert max(answer["peaks"]) == pytest.approx(0.3, abs=0.001)


def test_windows_have_the_length_asked_for(client):
    answer = post(client, wav(tones("happy", seconds=5)), window="2").json()
    assert [one["end"] for one in answer["segments"]] == [2, 4, 5]


def test_speech_is_told_by_what_is_asked_for(client):
    sound = wav(tones("happy", seconds=1))
    by_level, by_silero = post(client, sound).json(), post(client, sound, speech="silero").json()
    assert (by_level["speech"], by_level["notes"]) == ("level", [])
    assert (by_silero["speech"], by_silero["notes"]) == ("silero", ["speech by silero"])


def test_a_recording_of_silence_has_no_answer(client):
    answer = post(client, wav(tones(None, seconds=2))).json()
    assert answer["answer"] is None


def test_dimensions_have_values_in_their_order(client):
    answer = post(client, wav(tones("happy", None, seconds=1)), system="rating", window="1").json()
    assert (answer["kind"], answer["outputs"]) == ("dimensions", ["arousal", "valence"])
    assert [one["name"] for one in answer["segments"][0]["top"]] == ["arousal", "valence"]
    assert answer["answer"]["scores"] == {"arousal": pytest.approx(0.2121, abs=0.001), "valence": -0.5}
    assert answer["segments"][1]["scores"] is None


def test_lines_say_how_far_it_is_and_then_the_answer(client):
    reply = post(
        client, wav(tones(*["sad"] * 4, seconds=1)), accept="application/x-ndjson", system="slow", window="1"
    )
    lines = [json.loads(line) for line in reply.text.splitlines()]
    assert {line["step"] for line in lines[:-1]} >= {"decoding", "listening"}
    assert lines[-1]["done"]["segments"][0]["top"][0]["name"] == "sad"


def test_lines_end_with_what_went_wrong(client):
    reply = post(client, b"no sound", accept="application/x-ndjson")
    last = json.loads(reply.text.splitlines()[-1])
    assert last["status"] == 422
    assert "cannot be read as audio" in last["failed"]["error"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"system": "pitsch"}, "unknown system 'pitsch', did you mean 'pitch'?"),
        ({"system": "broken"}, "The system cannot answer: data/trained/broken is not there"),
        ({"window": "0.1"}, "window: Input should be greater than or equal to 0.5"),
        ({"window": "nan"}, "window:"),
        ({"speech": "loud"}, "speech: Input should be 'level' or 'silero'"),
        ({"window": "five"}, "window: Input should be a valid number"),
    ],
)
def test_a_setting_that_is_not_allowed_is_told(client, data, words):
    reply = post(client, wav(tones("happy", seconds=1)), **data)
    assert reply.status_code == 422
    assert words in reply.json()["error"]
    assert reply.json()["advice"]


def test_a_form_without_a_file_is_told(client):
    reply = client.post("/api/predict", data={"window": "5"})
    assert reply.status_code == 422
    assert "file: Field required" in reply.json()["error"]


def test_an_error_names_no_temporary_file(client):
    reply = post(client, b"RIFF\0\0\0\0WAVE" + bytes(40), name="private.wav")
    assert reply.status_code == 422
    assert "ser-app" not in reply.text
    assert "private" not in reply.text


def test_what_is_not_there_is_an_error_in_json(client):
    reply = client.get("/api/nothing")
    assert (reply.status_code, {*reply.json()}) == (404, {"error", "advice"})


def test_a_failure_of_the_server_is_an_error_in_json(client, monkeypatch, caplog):
    monkeypatch.setattr("tests.app.conftest.Pitch.scores", lambda *_: 1 / 0)
    reply = post(client, wav(tones("happy", seconds=1)), name="private.wav")
    assert reply.status_code == 500
    assert reply.json()["error"] == "The server failed; its log says why."
    assert "ZeroDivisionError" in caplog.text
    assert "private" not in caplog.text


def test_systems_say_how_far_they_can_be_trusted(client):
    reply = client.get("/api/systems").json()
    assert reply["default"] == "pitch"
    first, second, *_, last = reply["systems"]
    assert (first["default"], first["synthetic"], first["new_speakers"]) == (True, True, True)
    assert first["score"]["words"] == "58.0 % (39.0–75.0 %)"
    assert (second["default"], second["new_speakers"]) == (False, False)
    assert last["score"] is None


def test_health_says_how_busy_it_is(client):
    assert client.get("/api/health").json() == {
        "status": "ok",
        "system": "pitch",
        "busy": 0,
        "at_once": 4,
        "upload_bytes": 200_000_000,
        "sound_seconds": 7200,
    }


@pytest.mark.parametrize("path", ["/", "/docs", "/app.js", "/style.css", "/api/systems", "/nothing"])
def test_every_answer_has_the_headers_that_keep_others_out(client, path):
    headers = client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_a_failure_has_them_too(client, monkeypatch):
    monkeypatch.setattr("tests.app.conftest.Pitch.scores", lambda *_: 1 / 0)
    reply = post(client, wav(tones("happy", seconds=1)))
    assert (reply.status_code, reply.headers["x-frame-options"]) == (500, "DENY")


@pytest.mark.parametrize("path", ["/", "/docs"])
def test_pages_hold_no_script_or_style_of_their_own_and_no_address(client, path):
    page = client.get(path).text
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page
    assert "https://" not in page.replace("https://www.w3.org", "")


def test_openapi_describes_the_upload_and_its_answer(client):
    schema = client.get("/openapi.json").json()
    body = schema["components"]["schemas"]["Body_predict_api_predict_post"]["properties"]
    assert body["file"]["format"] == "binary"
    assert {"200", "400", "413", "422", "503"} <= {*schema["paths"]["/api/predict"]["post"]["responses"]}
