"""How long whoever asks waits for a tree: of `parse --flush` through pipes, or of the service of deploy/ over HTTP.

    python benchmarks/answers.py en_ewt-ud-dev.conllu --model en_ewt
    uvicorn --app-dir deploy service:app & python benchmarks/answers.py en_ewt-ud-dev.conllu --url http://127.0.0.1:8000

A sentence is written, its answer read, and only then the next one written. Of the service, several clients do so at the
same time, each with a connection of its own. The first ten sentences of each client are not counted.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from common import ARCPARSER, machine, one_thread, table

from arcparser.treebank.reader import read_conllu

WARM_UP = 10


def cpu_seconds(pid: int) -> float:
    """CPU seconds of a process so far, which work of others on the machine disturbs little; 0 where none are told."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
    except OSError:
        return 0.0


def through_pipes(model: str, kind: str, questions: list[bytes]) -> tuple[list[float], float]:
    """Seconds from the writing of each sentence to the end of its answer, and CPU seconds of an answer."""
    command = [*ARCPARSER, "parse", "--flush", "--model", model, "--format", kind]
    seconds, before = [], 0.0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as process:
        assert process.stdin is not None and process.stdout is not None
        for question in questions:
            before = before if len(seconds) != WARM_UP else cpu_seconds(process.pid)
            began = time.perf_counter()
            process.stdin.write(question)
            answer = b""
            while not answer.endswith(b"\n\n"):
                answer += os.read(process.stdout.fileno(), 1 << 16)
            seconds.append(time.perf_counter() - began)
        used = (cpu_seconds(process.pid) - before) / max(len(seconds) - WARM_UP, 1)
        process.stdin.close()
    return seconds[WARM_UP:], used


def over_http(url: str, texts: list[str], clients: int, each: int) -> tuple[list[float], int, float]:
    """Seconds of each answer, words of all, and seconds of the whole."""
    place = urlsplit(url)
    try:
        socket.create_connection((place.hostname or "", place.port or 80)).close()
    except OSError as error:
        sys.exit(f"{url}: no service answers ({error}): start it")
    seconds: list[float] = []
    words = []
    barrier = threading.Barrier(clients + 1)
    supply = itertools.cycle(texts)

    def ask() -> None:
        connection = http.client.HTTPConnection(place.hostname or "", place.port or 80)
        own = [next(supply) for _ in range(each + WARM_UP)]
        for number, text in enumerate(own):
            if number == WARM_UP:
                barrier.wait()
            began = time.perf_counter()
            body = json.dumps({"text": text})
            connection.request("POST", "/parse", body, {"Content-Type": "application/json"})
            answer = json.load(connection.getresponse())
            if number >= WARM_UP:
                seconds.append(time.perf_counter() - began)
                words.append(sum(len(sentence["words"]) for sentence in answer["sentences"]))

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    return seconds, sum(words), time.perf_counter() - began


def shown(seconds: list[float]) -> list[str]:
    """The median, the 95th and 99th percentile, in milliseconds."""
    ordered = sorted(seconds)
    return [f"{1000 * ordered[int(share * (len(ordered) - 1))]:.1f} ms" for share in (0.5, 0.95, 0.99)]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path, help="sentences, in CoNLL-U")
    parser.add_argument("--model", default="en_ewt", metavar="NAME_OR_PATH", help="default: en_ewt")
    parser.add_argument("--sentences", type=int, default=300, metavar="N", help="that count, of each client (300)")
    parser.add_argument("--url", help="of a service, which is asked instead of a command")
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8, 64], metavar="N", help="default: 1 8 64")
    args = parser.parse_args()
    one_thread()
    sentences = list(itertools.islice(read_conllu(args.file), args.sentences + WARM_UP))
    texts = [sentence.text for sentence in sentences]
    print(f"{sum(map(len, sentences)) / len(sentences):.1f} words a sentence; {machine()}\n")
    if args.url:
        rows = []
        for clients in args.clients:
            seconds, words, whole = over_http(args.url, texts, clients, max(20, args.sentences // clients))
            rows.append([str(clients), *shown(seconds), f"{len(seconds) / whole:,.0f}", f"{words / whole:,.0f}"])
        print(table(["clients", "median", "95 %", "99 %", "requests/s", "words/s"], rows))
        return
    questions = {
        "conllu": [sentence.to_bytes() for sentence in sentences],
        "lines": [f"{text}\n".encode() for text in texts],
        "words": [f"{' '.join(sentence.forms)}\n".encode() for sentence in sentences],
    }
    rows = []
    for kind, written in questions.items():
        seconds, used = through_pipes(args.model, kind, written)
        rows.append([kind, *shown(seconds), f"{1000 * used:.1f} ms" if used else "–"])
    print(table(["--format", "median", "95 %", "99 %", "CPU time, mean"], rows))


if __name__ == "__main__":
    main()
