import MailTapCore
import Testing

@testable import MailTapCapture

@Suite struct PcapNGExportTests {
    private func trace(port: UInt16, tls: TLSMark? = nil) -> Trace {
        var info = SessionInfo.sample()
        info.server.port = port
        var trace = Trace(info: info)
        if let tls { trace.entries.append((info.started, .mark(.tls(tls)))) }
        trace.entries.append((info.started, .chunk(.server, [UInt8]("220 hi\r\n".utf8))))
        trace.ended = info.started
        return trace
    }

    private let implicit = TLSMark(start: .implicit, isDecrypted: true, client: TLSMark.Leg())

    @Test(arguments: [(UInt16(465), UInt16(25)), (995, 110), (993, 143), (25, 25), (4_465, 4_465)])
    func plaintextIsWrittenOnThePlainPort(port: UInt16, written: UInt16) {
        var export = PcapNGExport(version: "1", reveal: true)
        export.add(trace(port: port, tls: implicit), proto: nil)
        let blocks = WrittenBlocks(export.take())
        #expect(blocks.faults == [])
        #expect(Set(blocks.packets.filter(\.isFromServer).map(\.sourcePort)) == [written])
        #expect(export.take().isEmpty)
    }

    @Test func ciphertextKeepsItsPort() {
        var export = PcapNGExport(version: "1", reveal: true)
        export.add(trace(port: 465), proto: nil)
        #expect(WrittenBlocks(export.take()).packets[1].sourcePort == 465)
    }

    @Test func otherPortsAreNamedForTheReader() {
        var export = PcapNGExport(version: "1", reveal: true)
        for (port, proto) in [
            (UInt16(2_525), MailProtocol.smtp), (2_525, .smtp), (587, .smtp), (110, .pop3), (1_110, .pop3),
        ] {
            export.add(trace(port: port), proto: proto)
        }
        #expect(export.readerOptions == ["-d tcp.port==2525,smtp", "-d tcp.port==1110,pop"])
    }

    @Test func notesAreComments() {
        var export = PcapNGExport(version: "1", reveal: true)
        export.add(trace(port: 25), proto: .smtp, notes: [PacketNote(side: .server, offset: 3, text: "finding")])
        let blocks = WrittenBlocks(export.take())
        #expect(blocks.packets.first { !$0.payload.isEmpty }?.comments == ["finding"])
    }
}
