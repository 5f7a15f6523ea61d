import Testing

@testable import MailTapAnalysis

@Suite struct MailDateTests {
    private func seconds(_ text: String) -> Int64? { MailDate(Array(text.utf8)[...])?.seconds }

    @Test(arguments: [
        ("Thu, 01 Jan 1970 00:00:00 +0000", Int64(0)), ("Mon, 23 Nov 2026 06:01:02 +0000", 1_795_413_662),
        ("Mon, 23 Nov 2026 07:01:02 +0100 (CET)", 1_795_413_662), ("23 Nov 26 01:01:02 EST", 1_795_413_662),
        ("1 Mar 2000 00:00 GMT", 951_868_800), ("29 Feb 2000 23:59:59 -0000", 951_868_799),
        ("31 Dec 1969 23:59:59 UT", -1), ("6 Nov 94 8:49:37 Z", 784_111_777),
        ("Thu, 29 Feb 2024 23:59:60 +0100", 1_709_247_600), ("1 Jan 70 00:00:00 XYZ", 0),
        ("1 Jan 100 00:00:00 Z", 946_684_800),
        ("Tue,1 Jan 2030(x(y\\))z)09:08:07\t-0130", 1_893_494_287),
    ])
    func areMoments(text: String, moment: Int64) { #expect(seconds(text) == moment) }

    @Test(arguments: [
        "", "Mon", "Mon, ", "yesterday", "31 Feb 26 25:61:00 EST", "31 Feb 2026 01:00:00 EST", "0 Jan 2026 01:00:00 Z",
        "1 Jan 2026 24:00:00 Z", "1 Jan 2026 01:60:00 Z", "1 Jan 2026 01:00:61 Z",
        "1 Jan 2026 01:00:00", "1 Jan 2026 01:00:00 +100", "1 Jan 2026 01:00:00 +0160", "1 Jan 2026 01:00:00 GMT+2",
        "Xyz, 1 Jan 2026 01:00:00 Z", "Mon 1 Jan 2026 01:00:00 Z", "1 January 2026 01:00:00 Z",
        "1 Jan 2026 01:00:00 Z Z",
        "1 Jan 99999999999999999999 01:00:00 Z", "1 Jan 2026 01:00:00 (", "29 Feb 1900 00:00:00 Z",
    ])
    func areNone(text: String) { #expect(seconds(text) == nil) }
}
