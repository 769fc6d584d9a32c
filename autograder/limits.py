"""What a submission may use, in one place."""

from dataclasses import dataclass

__all__ = ["Limits"]


@dataclass(frozen=True)
class Limits:
    """Seconds, bytes and counts; a limit that is hit is named in the verdict."""

    cell_seconds: float = 30.0
    answer_seconds: float = 10.0
    notebook_seconds: float = 180.0
    memory_bytes: int = 4 * 2**30
    file_bytes: int = 64 * 2**20
    processes: int = 256
    cpu_seconds: int = 300
    output_bytes: int = 2_000_000
    notebook_bytes: int = 20_000_000
