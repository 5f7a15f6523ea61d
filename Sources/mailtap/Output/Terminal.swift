import ArgumentParser

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// `--color auto|always|never`.
enum ColorChoice: String, ExpressibleByArgument, CaseIterable {
    case auto, always, never

    /// Whether to colour what goes to `isTerminal`; NO_COLOR and TERM=dumb switch `auto` off.
    func applies(isTerminal: Bool) -> Bool {
        switch self {
        case .always: true
        case .never: false
        case .auto: isTerminal && !Terminal.has("NO_COLOR") && Terminal.variable("TERM") != "dumb"
        }
    }
}

enum Terminal {
    static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

    /// Whether a variable is set and not empty.
    static func has(_ name: String) -> Bool { variable(name).map { !$0.isEmpty } ?? false }

    /// Columns of the terminal on standard output; 100 where there is none.
    static var width: Int {
        var size = winsize()
        if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 { return Int(size.ws_col) }
        return variable("COLUMNS").flatMap { Int($0) }.map { max(20, min($0, 1_000)) } ?? 100
    }
}
