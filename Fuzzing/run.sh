#!/bin/bash
# Builds and runs one fuzzer: Fuzzing/run.sh dialogue|capture [SECONDS [LIBFUZZER-OPTION...]]. What it finds is left in
# .build-fuzz/. Fuzzing/run.sh check only sees to it that both still compile.
set -euo pipefail
cd "$(dirname "$0")/.."
name=${1:?dialogue, capture or check}
case $name in
dialogue | capture | check) ;;
*)
    echo "Fuzzing/run.sh: no fuzzer is named $name; there are dialogue and capture" >&2
    exit 64 ;;
esac
seconds=${2:-60}
shift $(($# < 2 ? $# : 2))
out=.build-fuzz/$name
mkdir -p "$out/corpus" "$out/module" "$out/crypto"
flags=(-swift-version 6 -parse-as-library -package-name mailtap -module-cache-path "$out/cache"
    -enable-upcoming-feature ExistentialAny -enable-upcoming-feature MemberImportVisibility
    -enable-upcoming-feature InternalImportsByDefault -I "$out/module" -I Sources/CZlib -I Sources/CPcap -I Sources/CPCRE2)
fuzzed=(-O -sanitize=fuzzer,address)
# SHA-256 comes from a package that SwiftPM has built; the fuzzers link a stand-in, since digests are not what is fuzzed.
cat > "$out/crypto/Crypto.swift" <<'SWIFT'
public struct SHA256Digest: Sendable {
    var sum: UInt64
    public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try Swift.withUnsafeBytes(of: (sum, sum, sum, sum), body)
    }
}
public struct SHA256: Sendable {
    var sum: UInt64 = 0
    public init() {}
    public static func hash(data: [UInt8]) -> SHA256Digest {
        var hasher = SHA256()
        data.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return hasher.finalize()
    }
    public mutating func update(bufferPointer: UnsafeRawBufferPointer) {
        for octet in bufferPointer { sum = sum &* 31 &+ UInt64(octet) }
    }
    public func finalize() -> SHA256Digest { SHA256Digest(sum: sum) }
}
SWIFT
objects=()
build() { # MODULE FILE…: a module, and its code where a fuzzer is to run
    local module=$1
    shift
    if [ "$name" != check ]; then
        objects+=("$out/$module.o")
        set -- "${fuzzed[@]}" -emit-object -o "$out/$module.o" "$@"
    fi
    swiftc "${flags[@]}" -wmo -emit-module -emit-module-path "$out/module/$module.swiftmodule" -module-name "$module" "$@"
}
mapfile -t core < <(find Sources/MailTapCore -name '*.swift')
mapfile -t analysis < <(find Sources/MailTapAnalysis -name '*.swift')
mapfile -t capture < <(find Sources/MailTapCapture -name '*.swift')
build Crypto "$out/crypto/Crypto.swift"
build MailTapCore "${core[@]}"
build MailTapAnalysis "${analysis[@]}"
[ "$name" = dialogue ] || build MailTapCapture "${capture[@]}"
if [ "$name" = check ]; then
    for source in Fuzzing/FuzzDialogue.swift Fuzzing/FuzzCapture.swift; do swiftc "${flags[@]}" -typecheck "$source"; done
    echo "fuzzers: they compile"
    exit
fi
source=Fuzzing/FuzzDialogue.swift
if [ "$name" = capture ]; then
    source=Fuzzing/FuzzCapture.swift
    cp captures/*.pcap captures/*.pcapng "$out/corpus/"
fi
swiftc "${flags[@]}" "${fuzzed[@]}" "$source" "${objects[@]}" -o "$out/fuzz" -lz -lpcap -lpcre2-8
exec "$out/fuzz" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$out/" "$@" "$out/corpus"
