"""From files to utterances that can be trusted: inspection, duplicates, filters, splits."""
