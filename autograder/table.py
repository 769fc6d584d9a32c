"""Show the results of a class as text: `text_table`."""

__all__ = ["text_table"]


def text_table(results):
    """Return a line for every student and, indented below it, a line for every task that lost points."""
    width = max((len(r.student) for r in results), default=0)
    lines = []
    for result in results:
        if result.error:
            lines.append(f"{result.student:<{width}}  not graded  {result.error}")
            continue
        manual = "  + questions to be graded by hand" if result.manual else ""
        lines.append(f"{result.student:<{width}}  {result.score:5.1f} of {result.max_score:g}{manual}")
        lines += [f"    {reason}" for reason in result.reasons()]
    return "\n".join(lines)
