#!/usr/bin/env bash
# Formatting of every project; the rules of the rooms are analysers and fail the build itself.
set -euo pipefail
cd "$(dirname "$0")/.."
dotnet format SharpRun.sln --verify-no-changes --severity warn
