import MailTapCore
import Testing

@Suite struct TimeTextTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000000Z"), (1_795_413_662_123_456_789, "2026-11-23T06:01:02.123456789Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"), (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
        (Int64.max, "2262-04-11T23:47:16.854775807Z"), (Int64.min, "1677-09-21T00:12:43.145224192Z"),
    ])
    func `moments are written and read`(nanoseconds: Int64, text: String) {
        let moment = Timestamp(nanoseconds: nanoseconds)
        #expect(TimeText.text(moment: moment, decimals: 9) == text)
        #expect(TimeText.parse(moment: text.utf8) == moment)
    }

    @Test(arguments: [
        (Int64(0), "0.000000"), (1_200_000, "0.001200"), (412_345_678, "0.412345678"), (-500_000_000, "-0.500000"),
        (Int64.min, "-9223372036.854775808"), (Int64.max, "9223372036.854775807"),
    ])
    func `intervals are written exactly and read`(nanoseconds: Int64, text: String) {
        var out: [UInt8] = []
        TimeText.append(seconds: nanoseconds, to: &out)
        #expect(String(decoding: out, as: UTF8.self) == text)
        #expect(TimeText.parse(seconds: out) == nanoseconds)
    }

    @Test(arguments: ["", "-", ".", "1.", "1.0000000001", "9223372036.854775808", "1e3", "+1", "1 "])
    func `what is no interval is refused`(text: String) {
        #expect(TimeText.parse(seconds: Array(text.utf8)) == nil)
    }

    @Test(arguments: [
        "", "2026-11-23", "2026-13-23T06:01:02Z", "2026-11-23T24:01:02Z", "2026-11-23T06:01:-2Z",
        "9999-11-23T06:01:02Z", "2026-11-23T06:01:02+01:00",
    ])
    func `what is no moment is refused`(text: String) {
        #expect(TimeText.parse(moment: text.utf8) == nil)
    }
}
