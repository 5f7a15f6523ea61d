#!/bin/sh
# Reads recordings with tshark, tcpdump and capinfos, and fails on the first complaint of any of them.
# usage: recording_readers.sh RECORDING...     (without one: writes the sample recording of the tests and reads that)
set -eu
for tool in tshark tcpdump capinfos; do
    command -v "$tool" >/dev/null || { echo "recording_readers: $tool is missing: apt-get install tshark tcpdump" >&2; exit 69; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ $# -eq 0 ]; then
    MAILTAP_SAMPLE_RECORDING="$work/sample.mailtap" swift test --filter SampleRecordingTests >"$work/log" 2>&1 || {
        cat "$work/log" >&2
        exit 1
    }
    set -- "$work/sample.mailtap"
fi

# complaint TOOL FILE TEXT...: says so and fails, if there is a text
complaint() {
    tool=$1 file=$2
    shift 2
    for text; do
        [ -z "$text" ] || { printf '%s about %s:\n%s\n' "$tool" "$file" "$text" >&2; exit 1; }
    done
}

for file; do
    # Octets that are said to be lost may be missed.
    lost=' || tcp.analysis.lost_segment || tcp.analysis.ack_lost_segment'
    grep -aqE '"gap":|recording-cut|"startSeen":false' "$file" && lost=
    tshark -n -r "$file" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -T fields -e _ws.expert.message \
        -Y '_ws.malformed || ip.checksum.status == 0 || tcp.checksum.status == 0 || tcp.analysis.retransmission
            || tcp.analysis.out_of_order || tcp.analysis.window_full || tcp.analysis.zero_window
            || tcp.analysis.duplicate_ack_num > 3'"$lost" \
        >"$work/out" 2>"$work/err" || complaint tshark "$file" "exit $?" "$(cat "$work/err")"
    complaint tshark "$file" "$(grep -v 'as user "root"' "$work/err" || true)" "$(cat "$work/out")"
    tcpdump -n -v -r "$file" >"$work/out" 2>"$work/err" || complaint tcpdump "$file" "exit $?" "$(cat "$work/err")"
    complaint tcpdump "$file" "$(grep -v '^reading from file' "$work/err" || true)" \
        "$(grep -E 'incorrect|bad cksum' "$work/out" || true)"
    capinfos "$file" >"$work/out" 2>"$work/err" || complaint capinfos "$file" "exit $?" "$(cat "$work/err")"
    complaint capinfos "$file" "$(grep -v 'as user "root"' "$work/err" || true)"
    grep -q 'Ethernet' "$work/out" || complaint capinfos "$file" "no Ethernet: $(cat "$work/out")"
    echo "ok $file: $(tshark -n -r "$file" 2>/dev/null | wc -l) packets"
done
