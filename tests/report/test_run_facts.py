"""What the systems ran on, gathered over all of them."""

from pipeline.report.leaderboard import Row
from pipeline.report.run_facts import Fact, run_facts


def run(commit="0123456789abcdef", *, device="cpu", torch="2.13.0", **host):
    packages = {"numpy": "2.4.6", **({"torch": torch} if torch else {})}
    about = {"python": "3.11.7", "packages": packages, "machine": "x86_64", "cores": 2, "device": device}
    return Row(
        "net", {"status": "trained"}, run={"commit": commit, "seconds": 1.0, "host": {**about, **host}}
    )


def test_one_value_for_all_systems():
    facts = run_facts([run(), run()])
    assert Fact("commit", [("0123456789", 2)]) in facts
    assert Fact("machine", [("x86_64, 2 cores", 2)]) in facts
    assert Fact("torch", [("2.13.0", 2)]) in facts


def test_several_values_stand_by_their_frequency():
    facts = {
        fact.name: fact.values
        for fact in run_facts([run(), run(None, device="H100", torch=None, threads=4), run()])
    }
    assert facts["commit"] == [("0123456789", 2), ("outside a repository", 1)]
    assert facts["device"] == [("cpu", 2), ("H100", 1)]
    assert facts["torch"] == [("2.13.0", 2)]
    assert facts["threads"] == [("4", 1)]


def test_systems_that_were_skipped_or_made_elsewhere_count_for_nothing():
    assert (
        run_facts(
            [
                Row("left_out", {"status": "skipped"}),
                Row("given", {"status": "trained"}, run={"status": "imported"}),
            ]
        )
        == []
    )
