#!/bin/bash
# Builds and runs one fuzzer: Fuzzing/run.sh dialogue|capture [SECONDS]. What it finds is left in .build-fuzz/.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?dialogue or capture}
seconds=${2:-60}
out=.build-fuzz/$name
mkdir -p "$out/corpus" "$out/module"
flags=(-O -swift-version 6 -parse-as-library -sanitize=fuzzer,address -module-cache-path "$out/cache"
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault -I "$out/module" -I Sources/CZlib -I Sources/CPcap -I Sources/CPCRE2)
# SHA-256 comes from a package that SwiftPM has built; the fuzzers link a stand-in, since digests are not what is fuzzed.
mkdir -p "$out/crypto"
cat > "$out/crypto/Crypto.swift" <<'SWIFT'
public struct SHA256 {
    var sum: UInt8 = 0
    public init() {}
    public mutating func update(bufferPointer: UnsafeRawBufferPointer) { for octet in bufferPointer { sum = sum &* 31 &+ octet } }
    public func finalize() -> [UInt8] { Array(repeating: sum, count: 32) }
}
SWIFT
build() { # MODULE FILE…: a static module
    local module=$1
    shift
    swiftc "${flags[@]}" -wmo -emit-module -emit-module-path "$out/module/$module.swiftmodule" \
        -module-name "$module" -emit-object -o "$out/$module.o" "$@"
}
mapfile -t core < <(find Sources/MailTapCore -name '*.swift')
mapfile -t analysis < <(find Sources/MailTapAnalysis -name '*.swift')
mapfile -t capture < <(find Sources/MailTapCapture -name '*.swift')
build Crypto "$out/crypto/Crypto.swift"
build MailTapCore "${core[@]}"
build MailTapAnalysis "${analysis[@]}"
objects=("$out/Crypto.o" "$out/MailTapCore.o" "$out/MailTapAnalysis.o")
if [ "$name" = capture ]; then
    build MailTapCapture "${capture[@]}"
    objects+=("$out/MailTapCapture.o")
    source=Fuzzing/FuzzCapture.swift
    cp captures/*.pcap captures/*.pcapng "$out/corpus/"
else
    source=Fuzzing/FuzzDialogue.swift
fi
swiftc "${flags[@]}" "$source" "${objects[@]}" -o "$out/fuzz" -lz -lpcap -lpcre2-8
exec "$out/fuzz" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$out/" "$out/corpus"
