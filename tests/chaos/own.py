"""Services of a test's own, to be broken: PostgreSQL, Redis, and a wire between them and who uses them."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.chaos.installation import free_port, redis_at

PIECE = 65536
QUICKLY = ("fsync=off", "max_connections=80", "shared_buffers=32MB", "listen_addresses=127.0.0.1")


class Redis:
    """A broker that keeps nothing: who kills it loses all that it held."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.address = f"redis://127.0.0.1:{self.port}/0"
        folder.mkdir()
        self.start()

    def start(self) -> None:
        self.process = redis_at(self.port, self.folder)

    def flush(self) -> None:
        subprocess.run(["redis-cli", "-u", self.address, "FLUSHALL"], check=True, capture_output=True)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        self.kill()
        self.start()


class PostgreSQL:
    """A cluster in a folder of its own, that outlives its processes' death but not the machine's."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kpi-chaos-pg-", dir="/tmp")) if folder is None else folder
        self.port = free_port()
        self.server = f"postgresql://postgres@127.0.0.1:{self.port}/postgres"
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(self.folder, self.user)
        self.data = self.folder / "data"
        self._run("initdb", "-D", str(self.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        self.start()

    def address(self, database: str, *, port: int | None = None) -> str:
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}"

    def start(self) -> None:
        options = " ".join(
            f"-c {one}" for one in (*QUICKLY, f"port={self.port}", f"unix_socket_directories={self.folder}")
        )
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options, "-w", "start")

    def stop(self, mode: str = "immediate") -> None:
        """immediate: as a crash, so that the log is replayed at the start; fast: who is connected is cut off."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def restart(self, mode: str = "immediate") -> None:
        self.stop(mode)
        self.start()

    def create(self, name: str, *, like: str = "template1") -> str:
        with psycopg.connect(self.server, autocommit=True) as server:
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
        return self.address(name)

    def end(self) -> None:
        with contextlib.suppress(subprocess.CalledProcessError):
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [_of_postgresql(program), *arguments],
            user=self.user,
            cwd=self.folder,
            check=False,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, program, stderr=done.stderr)


def _of_postgresql(program: str) -> str:
    """Debian keeps the programs of a server beside its version, and not where programs are looked for."""
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"))
    found = str(places[-1]) if places else shutil.which(program)
    if found is None:
        raise FileNotFoundError(f"{program}: install PostgreSQL's server")
    return found


class Wire:
    """A wire to a port of this machine, for those who connect to `port`: it can be cut, stalled and healed."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._flows = threading.Event()
        self._flows.set()
        self._whole = True
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name="wire", daemon=True).start()

    def cut(self) -> None:
        """Every connection breaks, and none can be made."""
        self._whole = False
        with self._lock:
            ends, self._ends = self._ends, set()
        for end in ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def stall(self) -> None:
        """Connections stay, and nothing comes through."""
        self._flows.clear()

    def heal(self) -> None:
        self._whole = True
        self._flows.set()

    def end(self) -> None:
        self.heal()
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self._to), timeout=5) if self._whole else None
                except OSError:
                    far = None
                if far is None:
                    near.close()
                    continue
                far.settimeout(None)
                with self._lock:
                    self._ends |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE):
                self._flows.wait()
                sink.sendall(piece)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            with self._lock:
                self._ends.discard(end)
            end.close()


@contextlib.contextmanager
def small_disk(size: str) -> Iterator[Path]:
    """A disk of so many bytes; needs the right to mount, and fails without it."""
    folder = Path(tempfile.mkdtemp(prefix="kpi-chaos-disk-", dir="/tmp"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "none", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()


def filled(disk: Path) -> Path:
    """A file of others that takes all there is."""
    filler = disk / "filler"
    with filler.open("ab", buffering=0) as file:
        for piece in (2**20, 2**12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(piece))
    return filler


def send(pid: int, number: signal.Signals) -> bool:
    """Whether there was a process to be signalled."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True
