public import MailTapCore

/// A dialogue written down for a test: who says what, in order.
public struct Script: Sendable {
    /// One thing that happens.
    public enum Step: Sendable {
        /// Octets that a side sends.
        case octets(Side, [UInt8])
        /// Anything else.
        case mark(Mark)
    }

    /// What it shows, as a test's name.
    public var name: String
    /// What happens, in order.
    public var steps: [Step]

    /// A dialogue from lines: `C: ` and `S: ` begin a line that ends with CRLF; `C| ` and `S| ` octets without line end, where
    /// `\r`, `\n`, `\0` and `\xHH` stand for octets; `C- ` and `S- ` lines that were lost.
    public init(_ name: String, _ text: String) {
        self.name = name
        steps = text.split(separator: "\n").compactMap { line in
            let side: Side = line.first == "C" ? .client : .server
            let isLine = line.dropFirst().first == ":"
            let octets = Script.unescape(line.dropFirst(3).utf8)
            if line.dropFirst().first == "-" { return .mark(.gap(side, UInt64(octets.count + 2))) }
            return .octets(side, isLine ? octets + [13, 10] : octets)
        }
    }

    /// A dialogue from steps.
    public init(_ name: String, steps: [Step]) {
        self.name = name
        self.steps = steps
    }

    private static func unescape(_ text: some Collection<UInt8>) -> [UInt8] {
        var octets: [UInt8] = []
        var rest = Array(text)[...]
        while let octet = rest.popFirst() {
            guard octet == UInt8(ascii: "\\"), let code = rest.popFirst() else {
                octets.append(octet)
                continue
            }
            switch code {
            case UInt8(ascii: "r"): octets.append(13)
            case UInt8(ascii: "n"): octets.append(10)
            case UInt8(ascii: "0"): octets.append(0)
            case UInt8(ascii: "x"):
                octets.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 63)
                rest = rest.dropFirst(2)
            default: octets.append(code)
            }
        }
        return octets
    }

    /// What one side sends, all together.
    public func stream(_ side: Side) -> [UInt8] {
        steps.reduce(into: []) { stream, step in
            if case .octets(side, let octets) = step { stream += octets }
        }
    }

    /// Its trace, each step a millisecond after the one before.
    public func trace(info: SessionInfo = .test) -> Trace {
        var trace = Trace(info: info)
        var time = info.started
        for step in steps {
            time = time.advanced(by: 1_000_000)
            switch step {
            case .octets(let side, let octets): trace.entries.append((time, .chunk(side, octets)))
            case .mark(let mark): trace.entries.append((time, .mark(mark)))
            }
        }
        trace.ended = time
        return trace
    }
}

extension Script: CustomStringConvertible {
    /// The name, which a test run shows.
    public var description: String { name }
}

extension SessionInfo {
    /// A session between documentation addresses.
    public static let test = SessionInfo(
        source: "test", client: Endpoint(address: IPAddress(v4: 0xC000_0207), port: 50_112),
        server: Endpoint(address: IPAddress(v4: 0xC000_0219), port: 25),
        started: Timestamp(nanoseconds: 1_700_000_000_000_000_000), expecting: nil)
}

extension Trace {
    /// The same trace with every chunk cut into pieces of `size` octets.
    public func cut(into size: Int) -> Trace {
        var trace = self
        trace.entries = entries.flatMap { time, entry -> [(time: Timestamp, entry: Entry)] in
            guard case .chunk(let side, let octets) = entry else { return [(time, entry)] }
            return stride(from: 0, to: octets.count, by: size).map {
                (time, .chunk(side, Array(octets[$0..<Swift.min($0 + size, octets.count)])))
            }
        }
        return trace
    }
}
