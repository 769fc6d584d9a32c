"""Stops the event loop in which the kernel hears its messages."""

# %% first cell
import asyncio

asyncio.get_event_loop().stop()
