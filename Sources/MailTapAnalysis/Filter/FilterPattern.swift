import CPCRE2
import Synchronization

/// A regular expression of PCRE2 (Perl's syntax, as Wireshark's `matches` has it), case aside.
///
/// What it is tried on was sent by peers, so each match has bounds: for a text of n octets 10,000 + 100 n steps, and 64 MiB
/// of memory. A text on which it needs more counts as no match, and the first such is told.
final class FilterPattern: Sendable {
    /// Why a text is no regular expression.
    struct Problem: Error, Equatable {
        /// What PCRE2 says of it.
        var text: String
        /// Octets of the expression before what is wrong.
        var offset: Int
    }

    private static let leastSteps: UInt32 = 10_000
    private static let stepsPerOctet: UInt32 = 100
    private static let heapKiB: UInt32 = 65_536

    /// Nothing writes to a compiled pattern, and PCRE2 lets any number of threads match with one at once (pcre2api(3),
    /// "Multithreading"): what a match writes to is made for each call.
    private nonisolated(unsafe) let code: OpaquePointer
    private let source: String
    private let hasGivenUp = Atomic(false)
    private let whenGivingUp: @Sendable (String) -> Void

    /// Compiles an expression.
    ///
    /// - Parameter whenGivingUp: called once, with a sentence about it, where a text takes more than the bounds allow.
    /// - Throws: `Problem` for what is no regular expression.
    init(_ source: String, whenGivingUp: @escaping @Sendable (String) -> Void) throws(Problem) {
        let options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_UCP | PCRE2_CASELESS | PCRE2_NEVER_BACKSLASH_C
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
        self.whenGivingUp = whenGivingUp
    }

    deinit { pcre2_code_free_8(code) }

    /// Whether it matches somewhere in a text.
    func matches(_ text: String) -> Bool {
        var text = text
        let result = text.withUTF8 { octets -> Int32 in
            guard let data = pcre2_match_data_create_8(1, nil) else { return PCRE2_ERROR_NOMEMORY }
            defer { pcre2_match_data_free_8(data) }
            guard let context = pcre2_match_context_create_8(nil) else { return PCRE2_ERROR_NOMEMORY }
            defer { pcre2_match_context_free_8(context) }
            let steps = UInt32(clamping: octets.count).multipliedReportingOverflow(by: Self.stepsPerOctet)
            let (limit, tooLarge) = steps.partialValue.addingReportingOverflow(Self.leastSteps)
            _ = pcre2_set_match_limit_8(context, steps.overflow || tooLarge ? .max : limit)
            _ = pcre2_set_depth_limit_8(context, steps.overflow || tooLarge ? .max : limit)
            _ = pcre2_set_heap_limit_8(context, Self.heapKiB)
            return withUnsafePointer(to: UInt8(0)) { empty in
                pcre2_match_8(code, octets.baseAddress ?? empty, octets.count, 0, 0, data, context)
            }
        }
        if result < 0, result != PCRE2_ERROR_NOMATCH { giveUp() }
        return result >= 0
    }

    private func giveUp() {
        guard !hasGivenUp.exchange(true, ordering: .relaxed) else { return }
        whenGivingUp(
            "matches \"\(ShownText.of(source))\" takes too many steps on some text, which counts as no match; "
                + "a repetition inside a repetition, such as (a+)+, is the usual cause")
    }

    private static func message(of error: Int32) -> String {
        // The longest message has some 120 octets.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { room in
            let count = pcre2_get_error_message_8(error, room.baseAddress, room.count)
            guard count > 0 else { return "it can't be read" }
            return String(decoding: UnsafeBufferPointer(rebasing: room[..<Int(count)]), as: UTF8.self)
        }
    }
}
