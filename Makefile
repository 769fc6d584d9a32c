# `make demo` runs the whole round on an example class, `make test` all tests, `make mutants` the measure of the grader's
# errors; each installs what it needs first.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
NOTEBOOKS := $(wildcard source/*/*.ipynb)
# One thread a process: the numbers do not depend on how many cores there are, and two notebooks run at once.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
# Libraries complain where there is no home to write to, and nbval would take that for an output.
ifneq ($(shell test -n "$$HOME" && made=$$(mktemp -d "$$HOME/.XXXXXX" 2>/dev/null) && rmdir "$$made" && echo yes),yes)
export HOME := $(shell mktemp -d)
endif

.PHONY: demo test released mutants portability bench-grading install sandbox lint format notebooks release clean

demo: install sandbox
	$(BIN)/autograder demo

# Tests of whole rounds first, file by file: three at once would use up the seconds that the attacks' honest parts have.
# What fails is tried once more, alone: tests of limits and of killed processes depend on how busy the machine is.
test: install sandbox lint
	{ $(BIN)/pytest -n 2 --dist loadfile -m "slow and not released"; rounds=$$?; $(BIN)/pytest -n 2 --dist worksteal -m "not slow" && [ $$rounds = 0 ]; } \
	|| $(BIN)/pytest --last-failed --last-failed-no-failures none
	$(MAKE) released
	$(BIN)/python -m tests.mutants --totals
	$(BIN)/pytest -n 2 --dist loadfile --nbval --nbval-sanitize-with tests/sanitize.cfg -p no:cacheprovider -W default $(NOTEBOOKS)

# Every released notebook, answered, in an environment of the README's packages for students (made once, in .student/).
released: install
	$(BIN)/pytest -n 2 --dist load -m released

# How often the grader is wrong: right answers, named mistakes and generated mutants of every task. It fails if a goal is
# not met. For some tasks: make mutants ONLY="--task add_bias", or ONLY="--changed main".
mutants: install
	$(BIN)/python -m tests.mutants $(ONLY)

# All notebooks and releases under every kernel of OpenBLAS that this processor can run, without NumPy's own dispatch, and
# with noise in the last bits of products.
portability: install
	$(BIN)/python -m tests.portability $(NOTEBOOKS)

# A class of 10, 30 and 100 beside stock nbgrader, and one of 1000 that was graded before. Takes about half an hour.
bench-grading: install
	$(BIN)/python benchmarks/grading.py
	$(BIN)/python benchmarks/grading.py --assignment assignment3 --sizes 30 --copies 0

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "make: expected Python 3.11 or newer, got %s; try make PYTHON=python3.11" % sys.version.split()[0])'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $@

# The sandbox for students' code. Without it the tests that need it are skipped and grading refuses.
sandbox:
	@if command -v bwrap >/dev/null; then :; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq bubblewrap libseccomp2 >/dev/null; \
	else echo "make: bubblewrap is not installed; on Debian or Ubuntu: sudo apt-get install bubblewrap libseccomp2"; fi

lint: install
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff check --quiet --preview --select PLW1514 .  # every file is opened with its encoding
	$(BIN)/ruff format --check --quiet .

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# Run the source notebooks anew and store their outputs.
notebooks: install
	$(BIN)/python tests/store_outputs.py $(NOTEBOOKS)

release: install
	for a in $(notdir $(wildcard source/*)); do $(BIN)/autograder release $$a || exit 1; done

clean:
	rm -rf $(VENV) demo .student .autograder .pytest_cache .ruff_cache
