#!/bin/sh
# Runs the official Node clients against a running `isthmus up --dev`.
#
#   tests/node/run.sh 127.0.0.1:4577
#
# The clients are installed into target/node at first use, in the versions of package-lock.json.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: tests/node/run.sh ADDRESS" >&2
    exit 2
fi

here=$(cd "$(dirname "$0")" && pwd)
place="$(cd "$here/../.." && pwd)/target/node"
mkdir -p "$place"
if ! cmp -s "$here/package-lock.json" "$place/installed.json"; then
    cp "$here/package.json" "$here/package-lock.json" "$place"
    (cd "$place" && npm ci --silent --no-audit --no-fund)
    cp "$here/package-lock.json" "$place/installed.json"
fi
# Modules are found from where a file lies.
cp "$here/clients.test.js" "$place"
cd "$place"
ISTHMUS_ADDRESS="$1" NO_PROXY='*' exec node --test --test-reporter=dot
