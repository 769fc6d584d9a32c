"""The fixed parts of the scripts that `script` writes: functions that compare outputs and count costs.

They need only NumPy. A test compares `same_values` with the grader's own rule, `chainrule.judging.compare.same`.
"""

__all__ = ["HEADING", "TOOLS"]

HEADING = "# --- how the grader looks at it ---\n\n\n"

SAME = '''
def same_values(got, expected, rtol, atol):
    """|got - expected| <= atol + rtol * (|expected| + scale), where scale is the largest finite entry expected."""
    got = np.array(got)
    if got.dtype.kind not in "biufc" or got.shape != expected.shape:
        return False
    finite = np.isfinite(expected)
    scale = 0 if expected.dtype == bool else np.max(np.abs(expected[finite]), initial=0)
    with np.errstate(all="ignore"):
        gap = np.abs(got.astype(complex) - expected.astype(complex))
        near = np.isfinite(gap) & (gap <= atol + rtol * (np.abs(expected.astype(complex)) + scale))
    alike = (got == expected) | (np.isnan(got) & np.isnan(expected))
    return bool(np.all(np.where(finite, near, alike)))
'''

STEPS = '''
def count_steps(inputs):
    """Count the bytecodes that Python runs for a call: without a loop, their number does not grow with N."""
    count = 0

    def step(frame, event, argument):
        nonlocal count
        frame.f_trace_opcodes = True
        count += event == "opcode"
        return step

    inputs = copy.deepcopy(inputs)
    sys.settrace(step)
    try:
        failing_case(**inputs)
    finally:
        sys.settrace(None)
    return count
'''

VIEWS = '''
class Counted(np.ndarray):
    created = 0

    def __array_finalize__(self, other):
        Counted.created += 1


def count_views(inputs):
    """Count the arrays that are taken from the inputs: a loop takes one row at a time."""
    inputs = {name: v.view(Counted) if isinstance(v, np.ndarray) else v for name, v in copy.deepcopy(inputs).items()}
    Counted.created = 0
    failing_case(**inputs)
    return Counted.created
'''

PEAK = '''
def peak_bytes(inputs):
    """The most bytes that a call holds at one time, with its inputs."""
    tracemalloc.start()
    try:
        failing_case(**copy.deepcopy(inputs))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
'''

TOOLS = {"same_values": SAME, "count_steps": STEPS, "count_views": VIEWS, "peak_bytes": PEAK}
