import Testing

@testable import MailTapAnalysis

@Suite struct ReceivedHopTests {
    private func hop(_ body: String) -> ReceivedHop { ReceivedHop(Array(body.utf8)[...]) }

    @Test func clausesAreRead() {
        let hop = hop(
            "from mx1.example.org (mx1.example.org [192.0.2.1])\tby mail.example.org (Postfix by hand) with ESMTPS id 4A "
                + "for <b@example.net>; Mon, 23 Nov 2026 06:01:02 +0000 (UTC)")
        #expect(hop.from == "mx1.example.org" && hop.by == "mail.example.org" && hop.with == "ESMTPS")
        #expect(hop.date?.seconds == 1_795_413_662)
    }

    @Test(arguments: ["", ";", "nonsense", "(from a by b)", "from", "; by b", "standby b"])
    func whatSaysNothingIsEmpty(body: String) {
        let hop = hop(body)
        #expect(hop.from == nil && hop.by == nil && hop.with == nil && hop.date == nil)
    }

    @Test func theWayIsTold() {
        let hops = [
            hop("from b by c with ESMTPS; Mon, 23 Nov 2026 06:01:02 +0000"),
            hop("from a by b with SMTP; Mon, 23 Nov 2026 06:02:00 +0000"), hop("by a; garbage"), hop(";"),
            hop("nonsense"),
        ]
        #expect(
            ReceivedHop.phrase(hops, of: 5)
                == "passed 3 servers, the last of them c (RFC 5321 section 4.4): to a, from a to b by SMTP, "
                + "from b to c by ESMTPS 58 s before that, by its clock, and 2 Received fields without a server")
        #expect(
            ReceivedHop.phrase(Array(hops.suffix(1)), of: 1)
                == "has 1 Received field, of which none names a server (RFC 5321 section 4.4)")
        #expect(ReceivedHop.phrase(Array(repeating: hops[0], count: 8), of: 9).contains("passed 9 servers"))
    }
}
