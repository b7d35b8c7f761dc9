"""What the corpora and studies hold, before anything is trained: tables and figures."""
