import ArgumentParser
import MailTapCore
import MailTapReplay

/// `--compare`: how much counts.
enum CompareMode: String, ExpressibleByArgument, CaseIterable {
    case status, semantic, exact

    var mode: Comparison.Mode { Comparison.Mode(rawValue: rawValue) ?? .semantic }
}

/// `--also`: what counts beside what was said.
enum AlsoCompared: String, ExpressibleByArgument, CaseIterable {
    case findings, tls, order

    var extra: Comparison.Extra {
        switch self {
        case .findings: .findings
        case .tls: .tls
        case .order: .order
        }
    }
}

/// What counts as a difference, for replay and diff.
struct ComparisonOptions: ParsableArguments {
    @Option(help: "What counts: status, semantic (the default) or exact.")
    var compare = CompareMode.semantic

    @Option(
        help: ArgumentHelp(
            "Let what matches vary; or a rule of mailtap help normalizers by its name. May be repeated.",
            valueName: "name[=regex]"))
    var normalize: [String] = []

    @Option(help: ArgumentHelp("Switch a rule off, all for every one. May be repeated.", valueName: "name"))
    var noNormalize: [String] = []

    @Option(
        help: ArgumentHelp(
            "Also compare findings, tls or order; exact does all of it. May be repeated.", valueName: "what"))
    var also: [AlsoCompared] = []

    @Option(
        help: ArgumentHelp(
            "A reply that takes more than this many times as long as recorded is a difference.", valueName: "factor"))
    var latency: Double?

    func validate() throws {
        if let latency, !(latency >= 1 && latency.isFinite) {
            throw ValidationError("--latency takes a factor of 1 or more, such as 3")
        }
    }

    /// - Throws: `Failure` where a rule is unknown or its regular expression can't be read.
    func comparison() throws -> Comparison {
        var comparison = Comparison(mode: compare.mode)
        comparison.extras.formUnion(also.map(\.extra))
        comparison.latencyFactor = latency
        for name in noNormalize {
            guard name == "all" || Normalizer.Builtin(rawValue: name) != nil else {
                throw Failure(.usage, "--no-normalize: there is no rule \"\(name)\"; \(Self.known)")
            }
            comparison.normalizers.removeAll { name == "all" || $0.name == name }
        }
        for text in normalize {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts.first ?? ""
            let normalizer: Normalizer
            if parts.count == 2 {
                guard !name.isEmpty else { throw Failure(.usage, "--normalize \(text): write NAME=REGEX") }
                normalizer = Normalizer(name: name, pattern: try Self.pattern(parts[1], in: text))
            } else {
                guard let builtin = Normalizer.Builtin(rawValue: name) else {
                    throw Failure(
                        .usage, "--normalize: there is no rule \"\(name)\"; \(Self.known), or write NAME=REGEX")
                }
                normalizer = Normalizer(builtin)
            }
            if !comparison.normalizers.contains(normalizer) { comparison.normalizers.append(normalizer) }
        }
        return comparison
    }

    private static func pattern(_ source: String, in text: String) throws -> TextPattern {
        do { return try TextPattern(source) { StandardError.write("mailtap: --normalize: \($0)") } } catch {
            throw Failure(
                .usage,
                "--normalize \(text): write NAME=REGEX with a regular expression that is one: \(error.text), "
                    + "at offset \(error.offset) of it")
        }
    }

    private static let known = "there are \(Normalizer.builtins.map(\.name).joined(separator: ", "))"
}
