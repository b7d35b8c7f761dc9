"""Asking a warm process to run a stage; nothing heavy is imported here, for this is what each stage starts with."""

import json
import os
import socket
import sys
from contextlib import suppress


def run_warm(address: str, arguments: list[str]) -> int:
    """Have a stage run by the warm process, with this process's streams, folder and environment.

    Args:
        address: Path of its socket.
        arguments: Of the stage, its name first.

    Returns:
        The stage's exit status.
    """
    request = json.dumps({"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ)})
    with socket.socket(socket.AF_UNIX) as connection:
        try:
            connection.connect(address)
        except OSError as error:
            print(
                f"error: SER_WARM names {address}, where no process answers ({error.strerror}): unset it",
                file=sys.stderr,
            )
            return 2
        streams = [stream.fileno() for stream in (sys.stdin, sys.stdout, sys.stderr)]
        payload = request.encode()
        status = b""
        with suppress(ConnectionError):
            socket.send_fds(connection, [len(payload).to_bytes(8, "big")], streams)
            connection.sendall(payload)
            status = connection.recv(1)
    if not status:
        print("error: the process that ran the stage was killed", file=sys.stderr)
        return 1
    return status[0]
