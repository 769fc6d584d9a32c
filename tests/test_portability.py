import portability


def test_the_kernels_that_run_here_are_found_by_trying():
    found = portability.machines()
    assert set(found) <= {*portability.KERNELS, "NumPy's dispatch cut down"}
    assert all(portability.runs(settings) for settings in found.values())


def test_a_process_that_ends_is_a_kernel_that_does_not_run(monkeypatch):
    monkeypatch.setattr(portability, "PROBE", "import os, signal; os.kill(os.getpid(), signal.SIGILL)")
    assert not portability.runs({})


def test_what_fails_is_said_and_fails(monkeypatch, capsys):
    monkeypatch.setattr(portability, "machines", lambda: {"Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"}})
    show = "import os, sys; print(os.environ['OPENBLAS_CORETYPE']); sys.exit('FAIL' in sys.argv)"
    monkeypatch.setattr(portability, "RELEASES", ["-c", show])
    monkeypatch.setattr(portability, "NOTEBOOKS", ["-c", show])
    assert portability.main(["a.ipynb"]) == 0
    assert portability.main(["FAIL"]) == 1
    shown = capsys.readouterr().out
    assert "Nehalem: a " in shown
    assert "FAILED" in shown
    assert "Haswell" in shown
