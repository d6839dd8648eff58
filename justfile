# The commands of the README. `just` alone lists them.

default:
    @just --list

# Run the catalog: every pattern, broken and repaired
run *args:
    cargo run -- run {{args}}

# Print a lesson, or a variant with its interleaving
show name *args:
    cargo run -- show {{name}} {{args}}

# Run a saved schedule again
replay file="latest":
    cargo run -- replay {{file}}

# Everything, deterministic
test *args:
    cargo test --workspace {{args}}

# What builds packages of its own against this one, as users do
test-packages:
    cargo test --workspace --test 'patched_*' --test small_crate -- --ignored

# Random programs against plain enumeration and against real threads, for so many minutes
soak minutes="10":
    SELVEDGE_SOAK_MINUTES={{minutes}} cargo test -p selvedge --lib soak -- --ignored --nocapture

# The variants that need PostgreSQL and Redis: start both, run, stop them again (or only: just services start)
services *args="with cargo run --features services -- run execution-log":
    .ci/services {{args}}

# Measure
bench *args:
    cargo bench --workspace {{args}}

# The failures that tests have saved: list, replay, show, html, svg
selvedge *args:
    cargo run --quiet -p cargo-selvedge -- selvedge {{args}}

# Formatting and lints
lint:
    cargo fmt --check
    cargo clippy --workspace --all-targets -- -D warnings

# The API documentation
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --workspace

# Licences and advisories of the dependencies (needs cargo-deny)
deny:
    cargo deny check

# All that a pull request must pass
ci:
    .ci/run
