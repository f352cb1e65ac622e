"""Parse files in many ways that may make no difference to a byte: batches, processes, threads, BLAS kernels.

    python benchmarks/robustness/same_bytes.py FILE_OR_FOLDER ... [--model NAME_OR_PATH ...] [--words 1 7 100 1000]

Every way is a process of its own: `parse --retag --scores` and `parse --retag` of all files (of a folder: the `.conllu`
files in it and below) with the default batch, each `--batch-words`, `--jobs 2`, and one or two threads of BLAS; and
`Parser.parse` sentence by sentence. All of it is done with each kernel of OpenBLAS that `--kernels` names
(`OPENBLAS_CORETYPE`; one that the processor does not bear is left out), and once with numpy's own loops limited to what
every x86-64 processor has. Counted: sentences whose bytes differ from those of the first way of all, in how many of the
comparisons. Exit status 1 if there are any.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from material import FILES

KERNELS = ["Haswell", "Zen", "SkylakeX", "Cooperlake", "Sandybridge", "Nehalem"]
BASELINE = "AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4 X86_V3 AVX2 FMA3"

# In a process of its own: parses standard input's list of files one after the other, hashes of their sentences.
WORK = """
import hashlib, io, json, sys
import numpy
import arcparser
from arcparser.parsing.job import Job
from arcparser.parsing.parse_files import _parse_files
from arcparser.parsing.pool import Workers
request = json.load(sys.stdin)
if request["kernel"]:
    from threadpoolctl import threadpool_info
    running = {i["architecture"].lower() for i in threadpool_info() if i["user_api"] == "blas"}
    if running != {request["kernel"].lower()}:
        print(json.dumps({"instead": sorted(running)}))
        sys.exit()
parser = arcparser.load(request["model"])
workers = Workers(request["model_path"], request["jobs"]) if request["jobs"] > 1 else None
found = {}
for path in request["files"]:
    if request["one"]:
        sentences = arcparser.read_conllu(path, on_invalid="skip")
        data = b"".join(parser.parse(sentence, tags="retag").to_bytes() for sentence in sentences)
    else:
        stream = io.BytesIO()
        job = Job(
            model=request["model"], format="conllu", batch_words=request["words"], tags="retag",
            scores=request["scores"], skip_invalid=True,
        )
        _parse_files([path], stream, job, parser, workers)
        data = stream.getvalue()
    found[path] = [hashlib.sha256(block).hexdigest()[:12] for block in data.split(b"\\n\\n")]
if workers is not None:
    workers.__exit__(None, None, None)
print(json.dumps(found))
"""


def ways(words: list[int], scores: bool) -> Iterator[tuple[str, dict[str, object], int]]:
    """Name, request and BLAS threads of each way, the first being that of the default."""
    default = {"words": 20_000, "jobs": 1, "one": False, "scores": scores}
    yield "default", default, 1
    for number in words:
        yield f"--batch-words {number}", {**default, "words": number}, 1
    yield "two threads", default, 2
    yield "two threads, --batch-words 100", {**default, "words": 100}, 2
    yield "--jobs 2", {**default, "jobs": 2}, 1
    if not scores:
        yield "one by one", {**default, "one": True}, 1


def run(request: dict[str, object], threads: int, kernel: str | None, baseline: bool) -> dict[str, list[str]]:
    """Run one way in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    environment = {**kept, "OPENBLAS_NUM_THREADS": str(threads)}
    if kernel:
        environment["OPENBLAS_CORETYPE"] = kernel
    if baseline:
        environment["NPY_DISABLE_CPU_FEATURES"] = BASELINE
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", WORK],
        input=json.dumps({**request, "kernel": kernel}),
        env=environment,
        capture_output=True,
        text=True,
    )
    if done.returncode == -signal.SIGILL:
        return {"instead": []}
    if done.returncode:
        sys.exit(f"{request}: status {done.returncode}: {done.stderr[-2000:]}")
    result: dict[str, list[str]] = json.loads(done.stdout)
    return result


def main() -> int:
    """Parse in all ways and compare; 1 if anything differs."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("input", nargs="*", type=Path, default=FILES, help="default: the corpora")
    arguments.add_argument("--model", nargs="+", default=["en_ewt"], metavar="NAME_OR_PATH", help="default: en_ewt")
    arguments.add_argument("--words", nargs="+", type=int, default=[1, 7, 100, 1000], help="values of --batch-words")
    arguments.add_argument("--kernels", nargs="+", default=KERNELS, help="of OpenBLAS")
    args = arguments.parse_args()
    files = [str(f) for given in args.input for f in (sorted(given.rglob("*.conllu")) if given.is_dir() else [given])]
    from arcparser.model.registry import find

    comparisons = differing = sentences = bad = 0
    for model in args.model:
        for scores in (False, True):
            expected: dict[str, list[str]] | None = None
            for kernel, baseline in [*((k, False) for k in args.kernels), (None, True)]:
                title = f"{Path(model).stem}{' --scores' if scores else ''}, {kernel or 'baseline loops of numpy'}"
                for name, way, threads in ways(args.words, scores):
                    request = {**way, "model": str(model), "model_path": str(find(model)), "files": files}
                    found = run(request, threads, kernel, baseline)
                    if "instead" in found:
                        print(f"{title}: not on this processor, left out", flush=True)
                        break
                    expected = expected or found
                    counts = [sum(a != b for a, b in zip(expected[f], found[f], strict=True)) for f in files]
                    comparisons += len(files)
                    differing += sum(map(bool, counts))
                    bad += sum(counts)
                    sentences += sum(len(found[f]) - 1 for f in files)
                    if any(counts):
                        where = ", ".join(f"{f}: {n}" for f, n in zip(files, counts) if n)
                        print(f"{title}, {name}: {sum(counts)} sentences differ ({where})", flush=True)
                else:
                    print(f"{title}: done", flush=True)
    print(f"{comparisons} comparisons of {sentences:,} sentences: {differing} differ, in {bad} sentences")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
