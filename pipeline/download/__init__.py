"""From an address to a folder of audio: fetching, checking, unpacking, synthesising."""
