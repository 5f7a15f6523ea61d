import CPCRE2
import Synchronization

/// A regular expression of PCRE2 (Perl's syntax, as Wireshark's `matches` has it): the one kind there is here.
///
/// What it is tried on was sent by peers, so each text has bounds: for one of n octets 10,000 + 100 n steps, and 64 MiB of
/// memory. A text on which it needs more counts as no match, and the first such is told.
public final class TextPattern: Sendable {
    /// Why a text is no regular expression.
    public struct Problem: Error, Equatable {
        /// What PCRE2 says of it.
        public var text: String
        /// Octets of the expression before what is wrong.
        public var offset: Int
    }

    /// One place where it matches.
    public struct Match {
        fileprivate let octets: [UInt8]
        fileprivate let bounds: [Range<Int>?]

        /// How many groups there are, the whole match among them.
        public var groupCount: Int { bounds.count }

        /// What a group matched, 0 being the whole; nil where it took no part.
        public func group(_ number: Int) -> String? {
            guard bounds.indices.contains(number), let range = bounds[number] else { return nil }
            return String(decoding: octets[range], as: UTF8.self)
        }
    }

    static let leastSteps = 10_000
    static let stepsPerOctet = 100
    /// Steps that finding one match of several may always take.
    private static let freeSteps: UInt32 = 1_024
    private static let heapKiB: UInt32 = 65_536

    /// Nothing writes to a compiled pattern, and PCRE2 lets any number of threads match with one at once (pcre2api(3),
    /// "Multithreading"): what a match writes to is made for each call.
    private nonisolated(unsafe) let code: OpaquePointer
    /// The expression.
    public let source: String
    private let ignoresCase: Bool
    private let gaveUp = Atomic(false)
    private let whenGivingUp: @Sendable (String) -> Void

    /// Compiles an expression.
    ///
    /// - Parameters:
    ///   - ignoringCase: whether letters match in either case.
    ///   - whenGivingUp: called once, with a sentence about it, where a text takes more than the bounds allow.
    /// - Throws: `Problem` for what is no regular expression.
    public init(
        _ source: String, ignoringCase: Bool = false, whenGivingUp: @escaping @Sendable (String) -> Void = { _ in }
    ) throws(Problem) {
        var options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C
        if ignoringCase { options |= PCRE2_CASELESS }
        var error: Int32 = 0
        var offset = 0
        let compiled = Array(source.utf8).withUnsafeBufferPointer { octets in
            // An empty array may have no address; nothing is read from this one.
            withUnsafePointer(to: UInt8(0)) { empty in
                pcre2_compile_8(octets.baseAddress ?? empty, octets.count, options, &error, &offset, nil)
            }
        }
        guard let compiled else { throw Problem(text: Self.message(of: error), offset: offset) }
        code = compiled
        self.source = source
        ignoresCase = ignoringCase
        self.whenGivingUp = whenGivingUp
    }

    deinit { pcre2_code_free_8(code) }

    /// Whether a text took more than the bounds allow.
    public var hasGivenUp: Bool { gaveUp.load(ordering: .relaxed) }

    /// Whether it matches somewhere in a text.
    public func matches(_ text: String) -> Bool { matches(text, 0) }

    /// Whether it matches a text as a whole.
    public func matchesWhole(_ text: String) -> Bool { matches(text, PCRE2_ANCHORED | PCRE2_ENDANCHORED) }

    private func matches(_ text: String, _ options: UInt32) -> Bool {
        var text = text
        return text.withUTF8 { octets in
            guard let search = Search(code, octets, groups: 1) else {
                giveUp()
                return false
            }
            let result = search.run(from: 0, options, steps: Self.steps(for: octets.count))
            if result < 0, result != PCRE2_ERROR_NOMATCH { giveUp() }
            return result >= 0
        }
    }

    /// The text with every match replaced by what `replacement` makes of it; as it is where that takes too many steps.
    public func replacing(in text: String, with replacement: (Match) -> String) -> String {
        var text = text
        let outcome = text.withUTF8 { octets -> Replacement in
            guard let search = Search(code, octets, groups: nil) else { return .tooMuch }
            return replace(octets, search, replacement)
        }
        switch outcome {
        case .text(let new): return new
        case .nothing: return text
        case .tooMuch:
            giveUp()
            return text
        }
    }

    /// What came of replacing.
    private enum Replacement {
        case text(String)
        case nothing
        case tooMuch
    }

    private func replace(
        _ octets: UnsafeBufferPointer<UInt8>, _ search: borrowing Search, _ replacement: (Match) -> String
    ) -> Replacement {
        let text = Array(octets)
        var budget = Self.steps(for: octets.count)
        var out: [UInt8] = []
        var copied = 0
        var from = 0
        var hasFound = false
        while from <= octets.count {
            // What a search took is not told: the bound is doubled until it does, and what it came to is counted.
            var bound = min(Self.freeSteps, budget)
            var result = search.run(from: from, 0, steps: bound)
            while result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT, bound < budget {
                bound = min(bound.multipliedReportingOverflow(by: 2).overflow ? .max : bound * 2, budget)
                result = search.run(from: from, 0, steps: bound)
            }
            if result == PCRE2_ERROR_NOMATCH { break }
            guard result >= 0, let range = search.bounds(0) else { return .tooMuch }
            if bound > Self.freeSteps { budget -= bound / 2 }
            hasFound = true
            out += octets[copied..<max(copied, range.lowerBound)]
            out += replacement(Match(octets: text, bounds: search.allBounds)).utf8
            copied = range.upperBound
            from = range.upperBound
            if range.isEmpty {
                // The next character is passed over, or the same nothing would be found again.
                repeat { from += 1 } while from < octets.count && octets[from] & 0xC0 == 0x80
            }
        }
        guard hasFound else { return .nothing }
        out += octets[min(copied, octets.count)...]
        return .text(String(decoding: out, as: UTF8.self))
    }

    private static func steps(for octets: Int) -> UInt32 {
        let (steps, isTooLarge) = octets.multipliedReportingOverflow(by: stepsPerOctet)
        return isTooLarge ? .max : UInt32(clamping: steps.addingReportingOverflow(leastSteps).partialValue)
    }

    private func giveUp() {
        guard !gaveUp.exchange(true, ordering: .relaxed) else { return }
        whenGivingUp(
            "the regular expression \"\(Self.shown(source))\" takes too many steps on some text, which counts "
                + "as no match; a repetition inside a repetition, such as (a+)+, is the usual cause")
    }

    private static func shown(_ source: String) -> String {
        var shown = ""
        for scalar in source.unicodeScalars.prefix(120) {
            shown.unicodeScalars.append(scalar.value < 32 || (127...159).contains(scalar.value) ? "\u{FFFD}" : scalar)
        }
        return shown
    }

    private static func message(of error: Int32) -> String {
        // The longest message has some 120 octets.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { room in
            let count = pcre2_get_error_message_8(error, room.baseAddress, room.count)
            guard count > 0 else { return "it can't be read" }
            return String(decoding: UnsafeBufferPointer(rebasing: room[..<Int(count)]), as: UTF8.self)
        }
    }

    /// What matching on one text writes to; used inside one call, by one thread.
    private struct Search: ~Copyable {
        private let code: OpaquePointer
        private let octets: UnsafeBufferPointer<UInt8>
        private let data: OpaquePointer
        private let context: OpaquePointer

        /// - Parameter groups: as many are told, the whole match among them; nil tells all.
        init?(_ code: OpaquePointer, _ octets: UnsafeBufferPointer<UInt8>, groups: UInt32?) {
            let made =
                groups.map { pcre2_match_data_create_8($0, nil) }
                ?? pcre2_match_data_create_from_pattern_8(code, nil)
            guard let data = made else { return nil }
            guard let context = pcre2_match_context_create_8(nil) else {
                pcre2_match_data_free_8(data)
                return nil
            }
            _ = pcre2_set_heap_limit_8(context, TextPattern.heapKiB)
            (self.code, self.octets, self.data, self.context) = (code, octets, data, context)
        }

        deinit {
            pcre2_match_context_free_8(context)
            pcre2_match_data_free_8(data)
        }

        /// Looks for the first match; below 0 there is none, for the reason that the number says.
        func run(from: Int, _ options: UInt32, steps: UInt32) -> Int32 {
            _ = pcre2_set_match_limit_8(context, steps)
            _ = pcre2_set_depth_limit_8(context, steps)
            return withUnsafePointer(to: UInt8(0)) { empty in
                pcre2_match_8(code, octets.baseAddress ?? empty, octets.count, from, options, data, context)
            }
        }

        /// Where a group of the match found last stands; nil where it took no part.
        func bounds(_ group: Int) -> Range<Int>? {
            guard group < Int(pcre2_get_ovector_count_8(data)), let places = pcre2_get_ovector_pointer_8(data) else {
                return nil
            }
            let (start, end) = (places[2 * group], places[2 * group + 1])
            guard start <= end, end <= octets.count else { return nil }
            return start..<end
        }

        var allBounds: [Range<Int>?] { (0..<Int(pcre2_get_ovector_count_8(data))).map { bounds($0) } }
    }
}

extension TextPattern: Hashable {
    /// Whether both are the same expression.
    public static func == (left: TextPattern, right: TextPattern) -> Bool {
        left.source == right.source && left.ignoresCase == right.ignoresCase
    }

    /// By the expression.
    public func hash(into hasher: inout Hasher) { hasher.combine(source) }
}
