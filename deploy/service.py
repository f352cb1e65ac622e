"""A service that parses: POST {"text": "Dogs bark."} to /parse. What waits is parsed together, whoever sent it."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, HTTPException
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

import arcparser

MOST_TEXTS = 128  # parsed together
parser = arcparser.load(os.environ.get("MODEL", "en_ewt"))
thread = ThreadPoolExecutor(1)  # a tokenizer serves one


class Text(BaseModel):
    """What is asked."""

    text: str = Field(max_length=100_000)


def parse(texts: list[str]) -> list[Any]:
    """Parse texts together; if one of them is refused, each by itself, so that the others get their trees."""
    try:
        return list(parser.parse_texts(texts))
    except Exception as error:
        return [error] if len(texts) == 1 else [parse([text])[0] for text in texts]


async def work(waiting: asyncio.Queue[tuple[str, asyncio.Future[Any]]]) -> None:
    """Parse all that waits, again and again."""
    while True:
        batch = [await waiting.get()]
        while len(batch) < MOST_TEXTS and not waiting.empty():
            batch.append(waiting.get_nowait())
        answers = await asyncio.get_running_loop().run_in_executor(thread, parse, [text for text, _ in batch])
        for (_, future), answer in zip(batch, answers):
            if not future.done():  # else its client is gone
                future.set_result(answer)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Work as long as the service runs."""
    await asyncio.get_running_loop().run_in_executor(thread, parse, ["A first text, as spaCy takes a while."])
    app.state.waiting = asyncio.Queue()
    worker = asyncio.create_task(work(app.state.waiting))
    yield
    worker.cancel()


app = FastAPI(title="arcparser", lifespan=lifespan)


@app.post("/parse")
async def answer(request: Text) -> JSONResponse:
    """Answer with the sentences of a text, as objects of `Sentence.to_dict`."""
    future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
    app.state.waiting.put_nowait((request.text, future))
    parsed = await future
    if isinstance(parsed, Exception):
        raise HTTPException(422 if isinstance(parsed, arcparser.ArcparserError) else 500, str(parsed))
    return JSONResponse({"model": parser.card.name, "sentences": [sentence.to_dict() for sentence in parsed]})


@app.get("/health")
async def health() -> dict[str, str]:
    """Answer that the service is up."""
    return {"model": parser.card.name}
