"""The process that talks to a Dask scheduler for the grader, and unpickles nothing that comes from there.

Started by `cluster` with the text of this file, as in the sandbox there is no other file of this project. Dask's own
client unpickles results, errors and events, and a pickle can run any code. Here messages are read without that, a
second guard refuses every pickle that names a class or function, and nothing but bytes is handed on. It ends when the
other end of its standard input, a socket, closes.
"""

import asyncio
import json
import os
import resource
import sys
import uuid
from multiprocessing.connection import Connection

import dask
import distributed
import distributed.protocol.pickle
import msgpack
from distributed.protocol.compression import decompress
from distributed.protocol.utils import msgpack_opts

CONNECT_SECONDS = 10
MAX_MEMORY = 8 * 2**30


def main():
    """Connect to the scheduler named in the first message, and serve the grader."""
    connection = Connection(os.dup(0))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    settings = json.loads(connection.recv_bytes())
    dask.config.update(dask.config.config, settings["dask"])
    distributed.protocol.loads, distributed.protocol.pickle.loads = read_message, refuse
    sys.addaudithook(refuse_pickles)
    try:
        asyncio.run(serve(connection, settings["scheduler"]))
    except Exception as error:
        message = f"{type(error).__name__}: {error}"[:300]
        connection.send_bytes(json.dumps(["failed", 0, message]).encode() + b"\n")
    finally:
        os._exit(0)


def refuse(*_, **__):
    """Replaces Dask's `loads` for pickles. It takes a TypeError for a pickle that cannot be read."""
    raise TypeError("pickles are refused")


def refuse_pickles(event, _):
    """Hear of every class or function that a pickle names, also where Dask uses Python's own `loads`."""
    if event == "pickle.find_class":
        refuse()


def read_message(frames, deserialize=True, deserializers=None):
    """Replaces Dask's `loads`: what the sender has serialised, by pickle or otherwise, stays bytes."""

    def decode(value):
        for kind in ("__Serialized__", "__Pickled__"):
            if kind in value:
                return read_bytes(frames, value[kind])
        return set(value["as-list"]) if "__Set__" in value else value

    return msgpack.loads(frames[0], object_hook=decode, use_list=False, **msgpack_opts)


def read_bytes(frames, offset):
    """The bytes of what was serialised, b"" if they are not as Dask writes them."""
    try:
        header = msgpack.loads(frames[offset], **msgpack_opts)
        parts = frames[offset + 1 : offset + 1 + header["num-sub-frames"]]
        return b"".join(decompress(header, parts) if "compression" in header else parts)
    except Exception:  # it may be anything
        return b""


def judge(job):
    """Runs on the worker. It is sent as it stands: the scheduler reads it, too, and need not have this project."""
    from autograder.grading.cluster_job import judge

    return judge(job)


async def serve(connection, scheduler):
    """Submit and cancel jobs as the grader says. Messages are a line of JSON and, after it, bytes."""
    jobs, tasks = {}, set()

    def send(*header, data=b""):
        connection.send_bytes(json.dumps(header).encode() + b"\n" + data)

    async with distributed.Client(
        scheduler, asynchronous=True, timeout=CONNECT_SECONDS, set_as_default=False
    ) as client:
        tasks.add(asyncio.create_task(count_threads(client, send)))
        while message := await asyncio.to_thread(receive, connection):
            header, _, job = message.partition(b"\n")
            number, max_bytes = json.loads(header)
            if job:
                jobs[number] = client.submit(judge, job, key=f"autograder-{uuid.uuid4()}", pure=False)
                tasks.add(asyncio.create_task(answer(client, jobs, number, send, max_bytes)))
            elif number in jobs:
                await jobs.pop(number).cancel(force=True)


def receive(connection):
    """The next message of the grader, None once it has ended."""
    try:
        return connection.recv_bytes()
    except (EOFError, OSError):
        return None


async def count_threads(client, send):
    """Tell the grader how many threads the workers have, whenever that has changed."""
    before = None
    while True:
        count = sum((await client.nthreads()).values())
        if count != before:
            send("threads", count, "")
        before = count
        await asyncio.sleep(1)


async def answer(client, jobs, number, send, max_bytes):
    """Send the result of a job and the worker that has it, or say why there is none."""
    kind, result, worker = "result", b"", ""
    try:
        result = await jobs[number]
        worker = str(await client.who_has([jobs[number]]))[:200]
    except (asyncio.CancelledError, distributed.CancelledError):
        kind = "ended"
    except Exception as error:  # the bytes of a pickle that was refused
        kind = "ended" if "KilledWorker" in str(error) else "error"
    if not isinstance(result, bytes) or len(result) > max_bytes:
        kind, result = "error", b""
    if jobs.pop(number, None) is not None:
        send(kind, number, worker, data=result)


if __name__ == "__main__":
    main()
