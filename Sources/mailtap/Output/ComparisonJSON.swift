import MailTapCore
import MailTapExport
import MailTapReplay

/// A comparison as one JSON object: `same`, and for each session its outcome and its differences.
enum ComparisonJSON {
    static func append(_ report: ComparisonReport, to out: inout [UInt8]) {
        out += "{\"same\":\(report.isSame),\"sessions\":[".utf8
        for (index, entry) in report.entries.enumerated() {
            var number = "\(entry.number)"
            if case .compared(let comparison) = entry.outcome, comparison.expected == nil { number = "null" }
            let came = entry.cameNumber.map(String.init) ?? "null"
            out += "\(index > 0 ? "," : "")\n{\"session\":\(number),\"came_session\":\(came)".utf8
            out += ",\"times\":\(entry.times),\"outcome\":".utf8
            switch entry.outcome {
            case .skipped(let why):
                out += "\"skipped\",\"why\":".utf8
                string(why, to: &out)
            case .failed(let why):
                out += "\"failed\",\"why\":".utf8
                string(why, to: &out)
            case .compared(let comparison):
                out += "\"\(comparison.isSame ? "same" : "different")\",\"normalizers\":[".utf8
                for (index, name) in comparison.usedNormalizers.enumerated() {
                    if index > 0 { out += ",".utf8 }
                    string(name, to: &out)
                }
                out += "],\"differences\":[".utf8
                for (index, difference) in comparison.differences.enumerated() {
                    if index > 0 { out += ",".utf8 }
                    append(difference, to: &out)
                }
                out += "]".utf8
            }
            out += "}".utf8
        }
        out += "]".utf8
        if let load = report.load { append(load, to: &out) }
        out += "}\n".utf8
    }

    private static func append(_ load: LoadFigures, to out: inout [UInt8]) {
        out +=
            ",\n\"load\":{\"played\":\(load.played),\"failed\":\(load.failed),\"concurrency\":\(load.concurrency)".utf8
        out += ",\"seconds\":".utf8
        TimeText.append(seconds: load.elapsed, to: &out)
        out += ",\"rate\":\(load.rate)".utf8
        for (name, latencies) in [("latency", load.live), ("recorded_latency", load.recorded)] {
            out += ",\"\(name)\":{\"replies\":\(latencies.count)".utf8
            for (key, share) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1)] {
                out += ",\"\(key)\":".utf8
                if let value = latencies.percentile(share) {
                    TimeText.append(seconds: value, to: &out)
                } else {
                    out += "null".utf8
                }
            }
            out += "}".utf8
        }
        out += "}".utf8
    }

    private static func append(_ difference: Difference, to out: inout [UInt8]) {
        out += "{\"kind\":".utf8
        string(difference.kind.rawValue, to: &out)
        out += ",\"exchange\":\(difference.exchange.map(String.init) ?? "null")".utf8
        out += ",\"came_exchange\":\(difference.cameExchange.map(String.init) ?? "null"),\"expected\":".utf8
        string(difference.expected, to: &out)
        out += ",\"came\":".utf8
        string(difference.came, to: &out)
        out += ",\"why\":".utf8
        string(difference.why, to: &out)
        if let line = difference.excerpt?.line { out += ",\"message_line\":\(line)".utf8 }
        out += "}".utf8
    }

    /// A JSON string (RFC 8259 section 7).
    private static func string(_ text: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                out.append(UInt8(ascii: "\\"))
                out += String(scalar).utf8
            case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                let digits = String(scalar.value, radix: 16)
                out += ("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits).utf8
            default: out += String(scalar).utf8
            }
        }
        out.append(UInt8(ascii: "\""))
    }
}
