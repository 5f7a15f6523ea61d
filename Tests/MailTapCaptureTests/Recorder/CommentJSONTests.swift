import Testing

@testable import MailTapCapture

@Suite struct CommentJSONTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-5", "9223372036854775807", "\"\"", "\"a\\\"b\\\\\"", "[]", "[1,[2],{}]",
        #"{"a":1,"b":{"c":[null]}}"#, "\"\u{FC}\u{1F4E7}\"",
    ])
    func compactTextComesBack(text: String) {
        #expect(CommentJSONParser.parse(text)?.text == text)
    }

    @Test(arguments: [
        "", " ", "nul", "truex", "{", "}", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "\"", "\"\\\"",
        "\"\\x\"", "\"\\u12\"", "\"\\u12G4\"", "1 2", "'a'", "{\"a\":1}}",
    ])
    func noJSON(text: String) {
        #expect(CommentJSONParser.parse(text) == nil)
    }

    @Test func escapes() {
        #expect(
            CommentJSONParser.parse(#" "\n\r\t\b\f\/\u00fc\ud83d\udce7\ud83dx\udce7" "#)?.string
                == "\n\r\t\u{8}\u{C}/\u{FC}\u{1F4E7}\u{FFFD}x\u{FFFD}")
        #expect(CommentJSON.string("\u{0}\u{1F}\u{7F}\u{2028}").text == #""\u0000\u001f\u007f\u2028""#)
    }

    @Test func numbersBeyondUsAreNull() {
        #expect(CommentJSONParser.parse("[1.5,1e3,99999999999999999999]") == .array([.null, .null, .null]))
    }

    @Test func depthAndLengthAreBounded() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(CommentJSONParser.parse(nested(8)) != nil)
        #expect(CommentJSONParser.parse(nested(9)) == nil)
        #expect(CommentJSONParser.parse(String(repeating: "[", count: 60_000)) == nil)
        #expect(CommentJSONParser.parse("\"" + String(repeating: "a", count: 70_000) + "\"") == nil)
    }
}
