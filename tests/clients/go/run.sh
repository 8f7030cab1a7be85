#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the runner of the Go client below build/ and becomes it.
set -e
cd "$(dirname "$0")"
top=../../..
mkdir -p "$top/build"
GOPROXY=off go build -o "$top/build/clients-runner-go" .
exec "$top/build/clients-runner-go" "$@"
