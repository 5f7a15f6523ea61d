import MailTapCore
import Testing

@testable import MailTapAnalysis

@Suite struct ExchangeTests {
    @Test func `rare parts of a copy are its own`() {
        var exchange = Exchange()
        exchange.furtherReplies = [Reply(status: ReplyStatus(rawValue: 250))]
        exchange.addData(WireText([1]))
        var copy = exchange
        copy.changeFurtherReplies { $0.append(Reply(status: ReplyStatus(rawValue: 452))) }
        copy.addData(WireText([2]))
        #expect(exchange.furtherReplies.count == 1 && copy.furtherReplies.count == 2)
        #expect(exchange.data == [WireText([1])] && copy.data == [WireText([1]), WireText([2])])
        #expect(exchange != copy)
        copy.furtherReplies.removeLast()
        copy.data = [WireText([1])]
        #expect(exchange == copy)
    }

    @Test func `a listing of no lines is one`() {
        var exchange = Exchange()
        #expect(exchange.data == nil)
        exchange.addData(nil)
        #expect(exchange.data == [])
    }

    @Test func `a message's number comes back`() {
        var exchange = Exchange()
        #expect(exchange.message == nil)
        exchange.message = 0
        #expect(exchange.message == 0)
        exchange.message = 70_000
        #expect(exchange.message == 70_000)
        exchange.message = nil
        #expect(exchange == Exchange())
    }

    @Test func `what went on instead is kept with command and reply`() {
        var command = Command(verb: "NOOP", line: WireText([]))
        #expect(command.isForwardedAsItCame)
        command.forwarded = .nothing
        #expect(command.forwarded == .nothing && !command.isForwardedAsItCame)
        var reply = Reply(status: ReplyStatus(rawValue: 250))
        #expect(reply.isPlain)
        reply.forwarded = .octets([1])
        let copy = reply
        reply.acceptable = .any
        #expect(copy.acceptable == nil && copy.forwarded == .octets([1]))
        #expect(reply.acceptable != nil && reply.forwarded == .octets([1]))
    }

    @Test(arguments: ["2.1.0", "5.123.456", "4.07.001", "2.0.0"])
    func `an enhanced code is spelled as it was`(text: String) {
        var reply = Reply(status: ReplyStatus(rawValue: 250))
        #expect(reply.enhanced == nil)
        reply.enhanced = text
        #expect(reply.enhanced == text)
        reply.enhanced = nil
        #expect(reply.enhancedCode == nil)
    }
}
