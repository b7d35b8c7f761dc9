"""One adapter a corpus: where its clips lie and what its file names and label files say."""
