"""Show the results of a class as text: `text_table`."""

from autograder.names import printable

__all__ = ["text_table"]


def text_table(results):
    """Return a line for every student and, indented below it, a line for every task that lost points."""
    results = [(printable(r.student), r) for r in results]
    width = max((len(name) for name, _ in results), default=0)
    lines = []
    for name, result in results:
        if result.error:
            lines.append(f"{name:<{width}}  not graded  {printable(result.error)}")
            continue
        manual = "  + questions to be graded by hand" if result.manual else ""
        manual += f"  + time was up, to be looked at: {', '.join(result.timed_out)}" if result.timed_out else ""
        late = f"  {result.points.late}" if result.points.late else ""
        lines.append(f"{name:<{width}}  {result.score:5.1f} of {result.max_score:g}{late}{manual}")
        lines += [f"    {printable(reason)}" for reason in result.reasons()]
    return "\n".join(lines)
