#!/usr/bin/env bash
# setup.sh - what Gradescope calls once, to make the image.
set -euo pipefail
cd "${AUTOGRADER:-/autograder}/source/kit"
./setup
make -s tools given
