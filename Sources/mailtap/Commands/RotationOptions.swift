import ArgumentParser
import MailTapCapture

/// `--rotate` and `--keep`: a recording that goes on in further files.
struct RotationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Begin a new file at this size (K, M, G) or age (s, m, h, d), such as 100M or 1h.", valueName: "size|time"))
    var rotate: RotateArgument?

    @Option(help: ArgumentHelp("Keep this many files, or files this young (s, m, h, d).", valueName: "number|age"))
    var keep: KeepArgument?

    func validate() throws {
        guard keep == nil || rotate != nil else {
            throw ValidationError("--keep says which files of --rotate are kept; give --rotate too")
        }
    }
}

/// `100M` or `1h`: units of size are capitals, units of time small letters.
struct RotateArgument: ExpressibleByArgument {
    var rotation: Rotation

    init?(argument: String) {
        if let time = RotationUnits.time(argument) {
            rotation = .interval(time)
        } else if let size = RotationUnits.size(argument) {
            rotation = .size(size)
        } else {
            return nil
        }
    }
}

/// `10` or `7d`.
struct KeepArgument: ExpressibleByArgument {
    var retention: Retention

    init?(argument: String) {
        if let age = RotationUnits.time(argument) {
            retention = .age(age)
        } else if let count = Int(argument), count > 0 {
            retention = .count(count)
        } else {
            return nil
        }
    }
}

/// Reads sizes and times with their unit; whole numbers above zero.
private enum RotationUnits {
    static func time(_ text: String) -> Int64? {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int64(text.dropLast()), number > 0 else {
            return nil
        }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
        let (nanoseconds, more) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow || more ? nil : nanoseconds
    }

    static func size(_ text: String) -> Int? {
        let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
        let unit = text.last.flatMap { units[$0] }
        guard let number = Int(unit == nil ? text[...] : text.dropLast()), number > 0 else { return nil }
        let (size, overflow) = number.multipliedReportingOverflow(by: unit ?? 1)
        return overflow ? nil : size
    }
}
