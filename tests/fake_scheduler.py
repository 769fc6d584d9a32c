"""A scheduler that answers Dask's client with pickles; it writes `address` and `asked` into a folder."""

import asyncio
import os
import pickle
import sys
from pathlib import Path

from distributed.comm import listen
from distributed.comm.tcp import TCP
from distributed.protocol import to_serialize
from distributed.protocol.serialize import ToPickle

FOLDER = Path(sys.argv[1])
jobs = []


class Evil(Exception):
    """Unpickled, it writes a file."""

    def __reduce__(self):
        code = f"import os, pathlib; pathlib.Path({str(FOLDER)!r}, f'unpickled-{{os.getpid()}}').touch()"
        return exec, (code,)


def pickles():
    """Evil in every form in which a message can hold it."""
    return {"a": ToPickle(Evil()), "b": to_serialize(Evil()), "c": pickle.dumps(Evil())}


async def handle(comm):
    while True:
        message = await comm.read()
        for part in message if isinstance(message, tuple | list) else [message]:
            with open(FOLDER / "asked", "a", encoding="utf-8") as file:
                file.write(f"{part['op']}\n")
            await answer(comm, part)


async def answer(comm, message):
    data, operation = pickle.dumps(Evil()), message["op"]
    if operation == "register-client":
        await comm.write([{"op": "stream-start"}])
        await comm.write([{"op": "event", "topic": "print", "event": (0, ToPickle(Evil()))}])
        await comm.write([{"op": "event", "topic": "warn", "event": (0, {"message": data, "category": data})}])
        await comm.write([{"op": "event", "topic": "warn", "event": (0, to_serialize(Evil()))}])
    elif operation == "update-graph":
        keys = message["keys"]
        for key in keys:
            await comm.write([{"op": "task-erred", "key": "none", "exception": data, "traceback": data}])
            if jobs.append(key) or len(jobs) == 1:
                await comm.write([{"op": "key-in-memory", "key": key, "type": data, "workers": ToPickle(Evil())}])
            else:
                text = pickle.dumps("neither an exception nor a traceback")
                await comm.write([{"op": "task-erred", "key": key, "exception": text, "traceback": text}])
    elif operation == "gather":
        await comm.write({"status": "OK", "data": dict.fromkeys(message["keys"], to_serialize(Evil())), **pickles()})
        await asyncio.sleep(0.1)
    elif operation == "ncores":
        await comm.write({"tcp://127.0.0.1:9": 1})
    elif message.get("reply"):
        await comm.write({"workers": {}, "type": "Scheduler", "id": "x", "address": "x", "services": {}, **pickles()})


async def main():
    handshake = TCP.handshake_info
    TCP.handshake_info = lambda comm: handshake(comm) | pickles()
    listener = await listen("tcp://127.0.0.1:0", handle, deserialize=False)
    temporary = FOLDER / f"address{os.getpid()}"
    temporary.write_text(listener.contact_address, encoding="utf-8")
    temporary.rename(FOLDER / "address")
    await asyncio.Event().wait()


asyncio.run(main())
