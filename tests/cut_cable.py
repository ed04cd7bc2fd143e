"""Between a client and a server: counts the bytes that pass on the way there, and can be cut."""

import socket
import threading
from contextlib import suppress
from typing import Self

PIECE = 1 << 16


class Cable:
    """Listens on a port of this machine and carries each connection on to another; a context manager.

    carried: bytes that came from clients so far. cut_after: after so many every connection ends, and none is taken any
    more until `mend`.
    """

    def __init__(self, to: int) -> None:
        self._to = to
        self.carried, self.cut_after = 0, 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self.severed = threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._door.close()
        self.cut()

    def cut(self) -> None:
        """End every connection; those that come are ended at once."""
        self.severed.set()
        with self._lock:
            ends, self._open = self._open, set()
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def mend(self) -> int:
        """Carry again, and count from nothing; give what was carried until now."""
        carried, self.carried, self.cut_after = self.carried, 0, 0
        self.severed.clear()
        return carried

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            if self.severed.is_set():
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._to))
            with self._lock:
                self._open |= {near, far}
            for ends in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._carry, args=ends, daemon=True).start()

    def _carry(self, come: socket.socket, go: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while piece := come.recv(PIECE):
                if counted and self.cut_after:
                    piece = piece[: max(self.cut_after - self.carried, 0)]
                go.sendall(piece)
                if counted:
                    self.carried += len(piece)
                    if self.cut_after and self.carried >= self.cut_after:
                        self.cut()
            go.shutdown(socket.SHUT_WR)
