import MailTapAnalysis
import MailTapCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension RecordedSession {
    /// The session with a new Message-ID and date in each message.
    ///
    /// Both keep their length, so that declared sizes and chunks still fit; a date of another form stays as it is.
    func withFreshIDs() -> RecordedSession {
        var fresh = self
        for index in contents.indices { Self.renew(&fresh.contents[index]) }
        return fresh
    }

    /// Renews what identifies a message, in its header section.
    static func renew(_ message: inout [UInt8]) {
        var start = 0
        while start < message.count {
            let end = message[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? message.count
            let line = message[start..<end]
            if line.elementsEqual([0x0D, 0x0A]) || line.elementsEqual([0x0A]) { return }
            switch name(of: line) {
            case "message-id": renewID(&message, start..<end)
            case "date": renewDate(&message, start..<end)
            default: break
            }
            start = end
        }
    }

    private static func name(of line: ArraySlice<UInt8>) -> String {
        guard let colon = line.prefix(32).firstIndex(of: 0x3A) else { return "" }
        return String(decoding: line[..<colon], as: UTF8.self).lowercased()
    }

    /// Letters and digits of the part before the @ become others.
    private static func renewID(_ message: inout [UInt8], _ range: Range<Int>) {
        guard let open = message[range].firstIndex(of: 0x3C), let at = message[range].lastIndex(of: 0x40), open < at
        else { return }
        for index in open + 1..<at {
            switch message[index] {
            case 0x30...0x39: message[index] = UInt8.random(in: 0x30...0x39)
            case 0x41...0x5A: message[index] = UInt8.random(in: 0x41...0x5A)
            case 0x61...0x7A: message[index] = UInt8.random(in: 0x61...0x7A)
            default: break
            }
        }
    }

    private static func renewDate(_ message: inout [UInt8], _ range: Range<Int>) {
        guard let colon = message[range].firstIndex(of: 0x3A) else { return }
        let value = message[range][(colon + 1)...]
        guard let first = value.firstIndex(where: { $0 > 0x20 }), let last = value.lastIndex(where: { $0 > 0x20 })
        else {
            return
        }
        let now = dateNow()
        // A comment with the zone's name, and a day of one digit: white space fills what is left over.
        guard now.count <= last + 1 - first else { return }
        let filler = [UInt8](repeating: 0x20, count: last + 1 - first - now.count)
        message.replaceSubrange(first...last, with: now + filler)
    }

    /// The time now as RFC 5322 section 3.3 writes it, in UTC.
    private static func dateNow() -> [UInt8] {
        var seconds = time(nil)
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return [] }
        let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        guard let day = days[checked: Int(parts.tm_wday)], let month = months[checked: Int(parts.tm_mon)] else {
            return []
        }
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return [UInt8]("\(day), \(parts.tm_mday) \(month) \(1900 + Int(parts.tm_year)) \(clock) +0000".utf8)
    }
}
