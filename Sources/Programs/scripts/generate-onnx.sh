#!/usr/bin/env bash
# Writes Sources/System/CONNX again: the C code of ONNX's messages, by protobuf-c from the schema that Debian ships.
# Needs protobuf-c-compiler; takes onnx.proto from the package libonnx-dev, which need not be installed.
# Usage: generate-onnx.sh [FOLDER]
set -euo pipefail
target=${1:-$(cd "$(dirname "$0")/../../.." && pwd)/Sources/System/CONNX}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -e /usr/include/onnx/onnx.proto ]; then
  cp /usr/include/onnx/onnx.proto "$work/"
else
  (cd "$work" && apt-get download -qq libonnx-dev && dpkg -x libonnx-dev_*.deb package)
  cp "$work/package/usr/include/onnx/onnx.proto" "$work/"
fi
(cd "$work" && protoc-c --c_out=. onnx.proto)
mkdir -p "$target/include"
for file in onnx.pb-c.c include/onnx.pb-c.h; do
  {
    printf '/* SPDX-License-Identifier: Apache-2.0 */\n'
    printf '/* The ONNX project (https://github.com/onnx/onnx); onnx.proto as in Debian'"'"'s libonnx-dev. */\n'
    cat "$work/$(basename "$file")"
  } >"$target/$file"
done
