from pipeline.corpora import demo_tess
from pipeline.corpora.contract import Entry
from tests.corpora.trees import entries, strays, touch


def build(root):
    touch(
        root,
        "OAF_ps/OAF_bar_ps.wav",
        "YAF_angry/YAF_bar_angry.wav",
        "YAF_angry/YAF_bar_hot.wav",
        "YAF_angry/happy final 2.wav",
        ".DS_Store",
        "README.txt",
        "defects.csv",
    )


def test_names(tmp_path):
    build(tmp_path)
    found = entries(demo_tess, tmp_path)
    assert found["OAF_bar_ps"] == Entry(
        path="OAF_ps/OAF_bar_ps.wav",
        name="OAF_bar_ps",
        speaker="OAF",
        sex="female",
        label="ps",
        text="Say the word bar.",
    )
    assert "unknown emotion hot" in found["YAF_bar_hot"].problem
    assert "{OAF,YAF}_" in found["happy final 2"].problem
    assert list(strays(demo_tess, tmp_path)) == [".DS_Store"]
