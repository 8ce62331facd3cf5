# What contributors do most; `just` lists it.

[private]
default:
    @just --list

# install all that development needs
setup:
    pip install -r requirements-dev.txt -r requirements-docs.txt

# the app on its built-in sample catalog
run:
    streamlit run streamlit_app.py

# the quick tests
quick *ARGS:
    pytest -n 2 -m "not browser and not slow" {{ARGS}}

# all tests
test *ARGS:
    pytest -n 2 --dist loadfile {{ARGS}}

# format
format:
    ruff check --fix .
    ruff format .

# types alone
types:
    mypy

# all that is checked without running anything
lint:
    ruff format --check .
    ruff check .
    mypy
    lint-imports
    npm ci --silent && npm run --silent check

# the documentation site, in site/, with its generated parts made again
docs:
    python -m docs.generate
    mkdocs build --strict

# the screenshots of the documents, anew, from an app that `just run` has started
shots ADDRESS="http://localhost:8501":
    python -m docs.screenshots {{ADDRESS}}

# finding power, measured on a folder of photographs with truth.csv
bench FOLDER:
    python -m benchmarks.finding {{FOLDER}}
